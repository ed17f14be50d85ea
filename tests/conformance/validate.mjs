// Checks files against schemas with ajv, reading YAML 1.2.
//
//   node validate.mjs SCHEMAS.json
//
// SCHEMAS.json maps schema paths to lists of files, all absolute. The answer on standard output is
// {schemas: {PATH: MESSAGE or null}, files: {PATH: MESSAGE or null}}; a schema is compiled in strict mode.
import { readFileSync } from "node:fs";
import Ajv from "ajv";
import addFormats from "ajv-formats";
import { parse } from "yaml";

const answer = { schemas: {}, files: {} };
const table = JSON.parse(readFileSync(process.argv[2], "utf8"));
for (const [schema, files] of Object.entries(table)) {
  // Several types in one place are how JSON Schema says "or nothing"; the rest of strict mode holds.
  const ajv = new Ajv({ strict: true, allowUnionTypes: true, strictTypes: false, allErrors: true });
  addFormats(ajv);
  try {
    const validate = ajv.compile(JSON.parse(readFileSync(schema, "utf8")));
    answer.schemas[schema] = null;
    for (const file of files) {
      const isValid = validate(parse(readFileSync(file, "utf8")));
      answer.files[file] = isValid ? null : ajv.errorsText(validate.errors);
    }
  } catch (error) {
    answer.schemas[schema] = String(error);
  }
}
console.log(JSON.stringify(answer, null, 1));
