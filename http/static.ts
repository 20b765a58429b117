import { promisify } from "node:util";
import { brotliCompress, gzip } from "node:zlib";
import { getMimeType } from "hono/utils/mime";

const YEAR_S = 365 * 24 * 3600;
/** Below it a compressed answer saves no packet. */
const COMPRESS_LEAST_BYTES = 1024;
const COMPRESSIBLE = /^(text\/|application\/(javascript|json|manifest\+json|wasm)|image\/svg)/;
/** A content hash in the name, as bundlers write it: `main-3F2ACN7B.js`, `chunk.3f2a9c1b.css`. */
const HASHED = /[-.]([A-Z2-7]{8}|(?=[0-9a-f]*\d)[0-9a-f]{8,})\.\w+$/;
const ENCODINGS = { br: promisify(brotliCompress), gzip: promisify(gzip) } as const;
type Encoding = keyof typeof ENCODINGS;

/**
 * The files of a folder as they were at the start, held in memory. What is not in the table does not
 * exist: no path of a request ever reaches the file system, so `..%2f`, `%5c` and `%00` are just
 * names that nobody has. Symbolic links are left out. Works on what `deno compile` includes, too.
 */
export class StaticFiles {
  private constructor(readonly files: ReadonlyMap<string, StaticFile>) {}

  /** Reads the folder; one that is missing has no files. Throws what the file system throws. */
  static async load(folder: string): Promise<StaticFiles> {
    const files = new Map<string, StaticFile>();
    await addFolder(folder, "/", files);
    return new StaticFiles(files);
  }

  /**
   * `/observer` is observer.html; `/favicon.ico`, which browsers ask for unasked, may be an SVG.
   * Undefined: no such file.
   */
  async respond(request: Request): Promise<Response | undefined> {
    const { pathname } = new URL(request.url);
    const other = pathname === "/favicon.ico" ? "/favicon.svg" : `${pathname}.html`;
    return await this.respondWith([pathname, other], request);
  }

  /** The first of these files that is there. */
  async respondWith(paths: readonly string[], request: Request): Promise<Response | undefined> {
    for (const path of paths) {
      const file = this.files.get(path);
      if (file) return await file.respond(request);
    }
    return undefined;
  }
}

async function addFolder(folder: string, path: string, files: Map<string, StaticFile>) {
  let entries: Deno.DirEntry[];
  try {
    entries = await Array.fromAsync(Deno.readDir(folder));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  // An entry that is a symbolic link is neither a file nor a folder.
  for (const { name, isFile, isDirectory } of entries) {
    if (name.startsWith(".")) continue;
    const inside = `${folder}/${name}`;
    if (isDirectory) await addFolder(inside, `${path}${name}/`, files);
    else if (isFile) files.set(path + name, await StaticFile.read(inside, name));
  }
}

type Bytes = Uint8Array<ArrayBuffer>;

class StaticFile {
  readonly #encoded = new Map<Encoding, Promise<Bytes>>();
  readonly #compressible: boolean;
  readonly #headers: Readonly<Record<string, string>>;

  private constructor(readonly name: string, readonly bytes: Bytes, readonly hash: string) {
    const type = getMimeType(name) ?? "application/octet-stream";
    this.#compressible = COMPRESSIBLE.test(type) && bytes.length >= COMPRESS_LEAST_BYTES;
    this.#headers = {
      "content-type": type,
      "cache-control": HASHED.test(name) ? `public, max-age=${YEAR_S}, immutable` : "no-cache",
      ...(this.#compressible ? { vary: "accept-encoding" } : {}),
    };
  }

  static async read(path: string, name: string): Promise<StaticFile> {
    const bytes = await Deno.readFile(path);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    return new StaticFile(name, bytes, digest.subarray(0, 12).toHex());
  }

  async respond(request: Request): Promise<Response> {
    const encoding = this.#compressible ? accepted(request.headers) : undefined;
    // RFC 9110, section 8.8.3: another encoding is another representation, with its own tag.
    const tag = encoding === undefined ? `"${this.hash}"` : `"${this.hash}-${encoding}"`;
    const headers = new Headers({ ...this.#headers, etag: tag });
    if (matches(request.headers.get("if-none-match"), tag)) {
      return new Response(null, { status: 304, headers });
    }
    const body = encoding === undefined ? this.bytes : await this.#encode(encoding);
    if (encoding !== undefined) headers.set("content-encoding", encoding);
    headers.set("content-length", String(body.length));
    return new Response(request.method === "HEAD" ? null : body, { headers });
  }

  /** Compressed when first asked for, off the event loop, then kept. */
  #encode(encoding: Encoding): Promise<Bytes> {
    let encoded = this.#encoded.get(encoding);
    if (encoded === undefined) {
      encoded = ENCODINGS[encoding](this.bytes).then((buffer) => new Uint8Array(buffer));
      this.#encoded.set(encoding, encoded);
    }
    return encoded;
  }
}

/** The best encoding that the client takes (RFC 9110, section 12.5.3; only `q=0` is looked at). */
function accepted(headers: Headers): Encoding | undefined {
  const taken = new Set<string>();
  for (const entry of headers.get("accept-encoding")?.toLowerCase().split(",") ?? []) {
    const [name = "", ...parameters] = entry.split(";").map((part) => part.trim());
    if (!parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))) taken.add(name);
  }
  return taken.has("br") ? "br" : taken.has("gzip") ? "gzip" : undefined;
}

function matches(ifNoneMatch: string | null, tag: string): boolean {
  return ifNoneMatch !== null &&
    ifNoneMatch.split(",").some((each) => /^\s*(?:W\/)?(.*?)\s*$/.exec(each)?.[1] === tag);
}
