// The parts of prom-client one by one: its index requires itself through its cluster support, which
// deno compile (2.9.6) follows until its stack overflows. Its types stand at the index alone.

declare module "prom-client/counter" {
  import { Counter } from "prom-client";
  export default Counter;
}

declare module "prom-client/gauge" {
  import { Gauge } from "prom-client";
  export default Gauge;
}

declare module "prom-client/histogram" {
  import { Histogram } from "prom-client";
  export default Histogram;
}

declare module "prom-client/registry" {
  import { Registry } from "prom-client";
  export default Registry;
}
