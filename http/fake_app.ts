import { Refusal } from "../protocol/errors.ts";
import { type App, type AppOptions, createApp } from "./app.ts";
import { StaticFiles } from "./static.ts";

/** A client at a public address, by documentation's own (RFC 5737). */
const PEER = { address: "203.0.113.9" };

/** An application with nothing behind it and no files, but for what is told. What fails throws. */
export async function fakeApp(
  options: Partial<AppOptions> = {},
): Promise<(request: Request, peer?: Parameters<App>[1]) => Promise<Response>> {
  const app = createApp({
    statics: options.statics ?? await StaticFiles.load("/there/is/no/such/folder"),
    trusts: () => false,
    serves: () => true,
    notReady: () => undefined,
    asRefusal: () => new Refusal("internal", "something went wrong here"),
    onError: (error) => {
      throw error;
    },
    ...options,
  });
  return (request, peer = PEER) => app(request, peer);
}
