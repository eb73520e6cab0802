// The least that any program has to do with the describes of an org: decompress, parse, map,
// serialize. Reads the composite answers in the directory that its argument names.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const directory = process.argv[2];
let objects = 0;
let length = 0;
for (const name of readdirSync(directory)) {
  const answer = JSON.parse(gunzipSync(readFileSync(join(directory, name))).toString());
  for (const { body } of answer.compositeResponse) {
    const columns = body.fields.map((field) => ({
      name: field.name,
      displayName: field.label,
      dataType: field.type,
      dataLength: field.length,
    }));
    length += JSON.stringify({ name: body.name, displayName: body.label, columns }).length;
    objects += 1;
  }
}
process.stdout.write(JSON.stringify({ objects, length }));
