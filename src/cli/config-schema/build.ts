/** Writes `config.schema.json`, which is published with the package. Run by `npm run schema`. */
import { writeFileSync } from "node:fs";
import { configSchema } from "./schema.ts";

const file = new URL("../../../config.schema.json", import.meta.url);
writeFileSync(file, `${JSON.stringify(configSchema(), undefined, 2)}\n`);
