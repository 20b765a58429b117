import { EXAMPLES } from "../../../protocol/examples.ts";
import type { Dice } from "../../chat/model_dice.ts";

const VALID = Object.values(EXAMPLES.commands).map((command) => JSON.stringify(command));
const PIECES = ['"', "\\", "{", "[", "]", "}", ",", "\n", "\0", "😀", "\\ud800", "1e999", "null"];

/** A valid command with one to three mistakes in it. */
export function mutate(dice: Dice): string {
  let frame = dice.pick(VALID);
  for (let changes = dice.below(3); changes >= 0; changes--) {
    const at = dice.below(frame.length + 1);
    switch (dice.below(4)) {
      case 0:
        frame = frame.slice(0, at) + frame.slice(at + 1 + dice.below(4));
        break;
      case 1:
        frame = frame.slice(0, at) + dice.pick(PIECES) + frame.slice(at);
        break;
      case 2:
        frame = frame.slice(0, at) + String.fromCharCode(dice.below(0x10000)) + frame.slice(at + 1);
        break;
      default:
        frame = frame.slice(0, at) + dice.pick(VALID).slice(dice.below(40));
    }
  }
  return frame;
}
