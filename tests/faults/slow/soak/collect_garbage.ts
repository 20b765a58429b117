/** Loaded into the server before it starts: on a signal, what is garbage goes. */
const { gc } = globalThis as { gc?: () => void };
Deno.addSignalListener("SIGUSR2", () => gc?.());
