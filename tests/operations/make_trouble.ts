/** Loaded into the program before it starts: on a signal it does what a mistake would. */
Deno.addSignalListener("SIGUSR1", () => void Promise.reject(new Error("nobody handles this")));
Deno.addSignalListener("SIGUSR2", () => {
  const until = performance.now() + 700;
  while (performance.now() < until);
});
