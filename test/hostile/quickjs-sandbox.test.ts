import { describeHostile } from "../support/hostile.ts";

describeHostile({ engine: "quickjs", placement: "sandbox" });
