import { describeHostile } from "../support/hostile.ts";

describeHostile({ engine: "v8", placement: "process" });
