import type { ServerResponse } from "node:http";

/**
 * Writes a response whole, as all of ours are. Rejects when its body cannot be read, before anything
 * of it was sent.
 */
export async function respond(outgoing: ServerResponse, response: Response): Promise<void> {
  const { status, headers, body } = response;
  const bytes = body === null ? undefined : new Uint8Array(await response.arrayBuffer());
  for (const [name, value] of headers) outgoing.appendHeader(name, value);
  if (bytes !== undefined) outgoing.setHeader("content-length", bytes.byteLength);
  outgoing.writeHead(status).end(bytes);
}
