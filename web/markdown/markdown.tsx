import type { ComponentChildren } from "preact";
import { CodeBlock } from "./code_block.tsx";
import type { Inline } from "./inline.ts";
import { type Block, parse } from "./parse.ts";

export interface MarkdownContext {
  /** Whose page it is: their name is marked. */
  readonly me: string;
  readonly onMention: (name: string) => void;
}

/** A message's text as elements. Text becomes text nodes only: nothing in it can become markup. */
export function Markdown({ text, context }: { text: string; context: MarkdownContext }) {
  return <>{renderBlocks(parse(text), context)}</>;
}

function renderBlocks(blocks: readonly Block[], context: MarkdownContext): ComponentChildren {
  return blocks.map((block, at) => {
    switch (block.type) {
      case "code":
        return <CodeBlock key={at} language={block.language} text={block.text} />;
      case "quote":
        return <blockquote key={at}>{renderBlocks(block.content, context)}</blockquote>;
      case "list": {
        const items = block.items.map((item, i) => <li key={i}>{renderInlines(item, context)}</li>);
        return block.start === undefined
          ? <ul key={at}>{items}</ul>
          : <ol key={at} start={block.start}>{items}</ol>;
      }
      case "paragraph":
        return (
          <p key={at}>
            {block.lines.map((line, i) => [
              i > 0 && <br key={i} />,
              renderInlines(line, context),
            ])}
          </p>
        );
    }
  });
}

function renderInlines(items: readonly Inline[], context: MarkdownContext): ComponentChildren {
  return items.map((item, at) => {
    if (typeof item === "string") return item;
    switch (item.type) {
      case "bold":
        return <strong key={at}>{renderInlines(item.content, context)}</strong>;
      case "italic":
        return <em key={at}>{renderInlines(item.content, context)}</em>;
      case "strike":
        return <s key={at}>{renderInlines(item.content, context)}</s>;
      case "code":
        return <code key={at}>{item.text}</code>;
      case "link":
        return (
          <a key={at} href={item.href} target="_blank" rel="noopener noreferrer nofollow">
            {renderInlines(item.content, context)}
          </a>
        );
      case "room":
        return <a key={at} href={`#${encodeURIComponent(item.name)}`}>#{item.name}</a>;
      case "mention": {
        const isMe = item.name.toLowerCase() === context.me.toLowerCase();
        return (
          <button
            key={at}
            type="button"
            class={isMe ? "mention mine" : "mention"}
            onClick={() => context.onMention(item.name)}
          >
            @{item.name}
          </button>
        );
      }
    }
  });
}
