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
    "inventory": REPOSITORY / "schemas" / "inventory.json",
    "product": REPOSITORY / "schemas" / "product.json",
}
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


def own_schema(estate, folder):
    """The schema of an estate that brings products of its own, as an editor gets it there."""
    if not any("\nproducts:" in "\n" + it.read_text() for it in estate.rglob("*.yaml")):
        return
    done = subprocess.run(
        ["cargo", "run", "--quiet", "--", "schema", "estate", "--dir", str(estate)],
        cwd=REPOSITORY, capture_output=True, text=True, check=True,
    )
    schema = pathlib.Path(folder) / f"{estate.name}.json"
    schema.write_text(done.stdout)
    SCHEMAS[estate.name] = schema


def kind_of(path):
    """Which schema a file falls under."""
    if path.name.startswith("seatplan"):
        return "settings"
    if path.parent.name == "inventory" or (path.is_relative_to(HERE) and path.name.startswith("inventory")):
        return "inventory"
    if "built_in" in path.parts or (path.is_relative_to(HERE) and path.name.startswith("product")):
        return "product"
    return path.parent.name if path.parent.name in SCHEMAS else "estate"


def check_schemas():
    for name, schema in SCHEMAS.items():
        code, said = run("check-jsonschema", "--check-metaschema", schema)
        expect(code == 0, f"{name}: not a JSON Schema", said)


def by_schema(files):
    """Files under the schema that each falls under."""
    table = {str(schema): [] for schema in SCHEMAS.values()}
    for path in files:
        table[str(SCHEMAS[kind_of(path)])].append(str(path))
    return table


def node(script, files, *arguments):
    """What a script says about files; it runs beside its modules, so that node finds them."""
    with tempfile.TemporaryDirectory() as folder:
        table = pathlib.Path(folder) / "schemas.json"
        table.write_text(json.dumps(by_schema(files)))
        copy = TOOLS / script
        copy.write_text((HERE / script).read_text())
        code, said = run("node", copy, table, *arguments)
    if code != 0:
        sys.exit(f"{script} failed:\n{said}")
    return json.loads(said)


def check_validators(good, broken):
    """Whether check-jsonschema and ajv accept the ones and flag the others."""
    ajv = node("validate.mjs", good + broken)
    for schema, said in ajv["schemas"].items():
        expect(said is None, f"{schema}: ajv in strict mode refuses the schema", said or "")
    for path in good + broken:
        shown, accepted = path.relative_to(REPOSITORY), path in good
        code, said = run("check-jsonschema", "--schemafile", SCHEMAS[kind_of(path)], path)
        expect((code == 0) == accepted, f"{shown}: check-jsonschema says {code}", said)
        said = ajv["files"].get(str(path))
        expect((said is None) == accepted, f"{shown}: ajv says {said}")


def check_editor(good, broken):
    files = good + broken
    said = {pathlib.Path(path): it for path, it in node("editor.mjs", files, *files).items()}
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
    files = sorted((REPOSITORY / "examples").rglob("*.yaml"))
    good = files + sorted((REPOSITORY / "src" / "product" / "built_in").glob("*.yaml"))
    broken = sorted((HERE / "broken").glob("*.yaml"))
    expect(len(files) >= 15 and len(broken) >= 10, "too few files: is this the repository?")
    with tempfile.TemporaryDirectory() as folder:
        for estate in sorted((REPOSITORY / "examples").iterdir()):
            own_schema(estate, folder)
        check_schemas()
        check_validators(good, broken)
        check_editor(good, broken)
    for failure in failures:
        print(failure, file=sys.stderr)
    print(f"conformance: {len(good)} files accepted, {len(broken)} flagged, {len(failures)} failures")
    sys.exit(bool(failures))


main()
