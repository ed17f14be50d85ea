"""The schemas, as others read them.

Every file of every example must be accepted by check-jsonschema, ajv and yaml-language-server alike; every file of
broken/ must be flagged by all three, by the language server on the line that ends with `# here`.

    python check.py REPOSITORY NODE_MODULES_FOLDER
"""

import json
import pathlib
import subprocess
import sys
import tempfile

REPOSITORY, TOOLS = (pathlib.Path(it).resolve() for it in sys.argv[1:3])
HERE = REPOSITORY / "tests" / "conformance"
SCHEMAS = {
    "settings": REPOSITORY / "schemas" / "settings.json",
    "estate": REPOSITORY / "schemas" / "estate.json",
    "product": REPOSITORY / "schemas" / "product.json",
}
BIN = TOOLS / "node_modules" / ".bin"
failures = []


def run(*command, cwd=None):
    """Runs a command, giving its exit code and everything it said."""
    done = subprocess.run(
        [str(it) for it in command], cwd=cwd, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def expect(is_true, what, detail=""):
    if not is_true:
        failures.append(f"{what}\n{detail}".strip())


def kind_of(path):
    """Which schema a file falls under."""
    if path.name.startswith("seatplan"):
        return "settings"
    if "built_in" in path.parts or path.name.startswith("product"):
        return "product"
    return "estate"


def check_schemas():
    for name, schema in SCHEMAS.items():
        code, said = run("check-jsonschema", "--check-metaschema", schema)
        expect(code == 0, f"{name}: not a JSON Schema", said)
        code, said = run(
            BIN / "ajv", "compile", "--spec=draft2020", "--strict=true", "--strict-types=false",
            "--allow-union-types", "-c", "ajv-formats", "-s", schema, cwd=TOOLS,
        )
        expect(code == 0, f"{name}: ajv in strict mode refuses the schema", said)


def check_files(files, accepted):
    """Whether check-jsonschema and ajv agree on files, one schema at a time."""
    for name, schema in SCHEMAS.items():
        for path in (it for it in files if kind_of(it) == name):
            shown = path.relative_to(REPOSITORY)
            code, said = run("check-jsonschema", "--schemafile", schema, path)
            expect((code == 0) == accepted, f"{shown}: check-jsonschema says {code}", said)
        of_schema = [it for it in files if kind_of(it) == name]
        for path in of_schema if not accepted else []:
            code, said = ajv(schema, [path])
            expect(code != 0, f"{path.relative_to(REPOSITORY)}: ajv accepts it", said)
        if accepted and of_schema:
            code, said = ajv(schema, of_schema)
            expect(code == 0, f"{name}: ajv flags an example", said)


def ajv(schema, files):
    data = [word for path in files for word in ("-d", path)]
    return run(
        BIN / "ajv", "validate", "--spec=draft2020", "-c", "ajv-formats", "--strict=false",
        "-s", schema, *data, cwd=TOOLS,
    )


def ask_editor(files):
    """What yaml-language-server says about each file."""
    by_schema = {str(schema): [] for schema in SCHEMAS.values()}
    for path in files:
        by_schema[str(SCHEMAS[kind_of(path)])].append(str(path))
    with tempfile.TemporaryDirectory() as folder:
        # The client stands beside its modules, so that node finds them.
        client = TOOLS / "editor.mjs"
        client.write_text((HERE / "editor.mjs").read_text())
        table = pathlib.Path(folder) / "schemas.json"
        table.write_text(json.dumps(by_schema))
        done = subprocess.run(
            ["node", client, table, *files], capture_output=True, text=True, check=False
        )
    if done.returncode != 0:
        sys.exit(f"the editor's client failed:\n{done.stdout}{done.stderr}")
    return {pathlib.Path(path): said for path, said in json.loads(done.stdout).items()}


def check_editor(good, broken):
    said = ask_editor(good + broken)
    for path in good:
        expect(not said[path], f"{path.relative_to(REPOSITORY)}: the editor flags it", said[path])
    for path in broken:
        lines = path.read_text().splitlines()
        marked = [number for number, line in enumerate(lines, 1) if line.endswith("# here")]
        flagged = sorted({it["line"] for it in said[path]})
        expect(
            set(marked) <= set(flagged),
            f"{path.relative_to(REPOSITORY)}: the editor flags lines {flagged}, not {marked}",
            said[path],
        )


def main():
    examples = sorted((REPOSITORY / "examples").rglob("*.yaml"))
    good = examples + sorted((REPOSITORY / "src" / "product" / "built_in").glob("*.yaml"))
    broken = sorted((HERE / "broken").glob("*.yaml"))
    expect(len(examples) >= 8 and len(broken) >= 10, "too few files: is this the repository?")
    check_schemas()
    check_files(good, accepted=True)
    check_files(broken, accepted=False)
    check_editor(good, broken)
    for failure in failures:
        print(failure, file=sys.stderr)
    print(f"conformance: {len(good)} files accepted, {len(broken)} flagged, {len(failures)} failures")
    sys.exit(bool(failures))


main()
