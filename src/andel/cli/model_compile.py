"""`andel model compile`: a trained model, or a model file, into all that serves it, with a report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from andel.cli.options import read_bounded
from andel.errors import InputError, SettingsError
from andel.keys import address_bytes, parse_address
from andel.serving.any_file import MAX_ANY_FILE_BYTES, AnyFile, read_any_file
from andel.serving.import_sklearn import Cuts
from andel.serving.input_codes import MAX_FILE_BYTES, MAX_TABLE_BYTES, InputCodes, read_inputs, read_table
from andel.serving.model_report import about_code, about_model
from andel.whole_files import write_whole

_ONNX_BYTES = 1 << 25
_MODE = 0o644


def compile_file(
    file: Annotated[Path, typer.Argument(help="A float ONNX file, or a model file.")],
    inputs: Annotated[
        Path | None, typer.Option(help="Ranges of the inputs (JSON), or a table of them (CSV), which is judged by too.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="A table (CSV) to judge by, beside a file of ranges.")] = None,
    scale: Annotated[float, typer.Option(help="Answer units per 1.0 of the model's output.")] = 1_000.0,
    unit: Annotated[str, typer.Option(help='What one unit of the answer is: "0.01 degC".')] = "0.001",
    code_bits: Annotated[int, typer.Option(min=1, max=16, help="Bits of an input's code.")] = 8,
    registry: Annotated[
        str, typer.Option(help="OnchainModels' address: it creates chunks, where some are needed.")
    ] = "",
    folder: Annotated[Path, typer.Option(help="Where the files are written.")] = Path(),
    name: Annotated[str, typer.Option(help="Their name; by default the file's.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as one JSON object.")] = False,
) -> None:
    """Compile a float ONNX file or a model file: integers, code, ONNX, a report. Ends with 1 where no code fits."""
    stem = name or file.name.split(".")[0]
    if not stem or Path(stem).name != stem:
        raise SettingsError(f"not a name of files: {stem[:60]!r}", "--name")
    if not folder.is_dir():
        raise SettingsError(f"there is no folder {folder}", "make it, or name another with --folder")
    content = read_bounded(file, max(_ONNX_BYTES, MAX_ANY_FILE_BYTES))
    report: dict[str, Any] = {"source": file.name}
    written: dict[str, bytes] = {}
    if content[:1] == b"{":
        if inputs is not None or data is not None:
            raise SettingsError("a model file is integers already: no inputs are judged", "leave --inputs, --data out")
        model = read_any_file(content)
    else:
        model, written["inputs.json"], report["accuracy"] = _imported(content, inputs, data, scale, unit, code_bits)
    report |= about_model(model)
    report["code"], compiled = about_code(model, address_bytes(parse_address(registry)) if registry else None)
    written["model.json"] = model.to_bytes()
    if compiled is not None:
        written["hex"] = compiled.head.hex().encode()
        written |= {f"chunk{k}.hex": chunk.hex().encode() for k, chunk in enumerate(compiled.chunks)}
    exported = _exported(model)
    if exported is not None:
        written["integers.onnx"] = exported
    report["files"] = sorted([*(f"{stem}.{ending}" for ending in written), f"{stem}.report.json"])
    written["report.json"] = json.dumps(report, indent=2).encode() + b"\n"
    for ending, content in written.items():
        path = folder / f"{stem}.{ending}"
        if path.exists() and path.resolve() == file.resolve() and path.read_bytes() != content:
            raise SettingsError(f"{path} would be written over", "choose another --name or --folder")
        write_whole(path, content, _MODE)
    typer.echo(json.dumps(report) if as_json else "\n".join(_lines(report)))
    if compiled is None:
        typer.echo(f"no code: {report['code']['refused']}", err=True)
        if report["code"]["hint"]:
            typer.echo(f"hint: {report['code']['hint']}", err=True)
        raise typer.Exit(1)


def read_model(path: Path) -> AnyFile:
    """The model file at a path. Raises ModelFileError, SettingsError."""
    return read_any_file(read_bounded(path, MAX_ANY_FILE_BYTES))


def _imported(
    content: bytes, inputs: Path | None, data: Path | None, scale: float, unit: str, code_bits: int
) -> tuple[AnyFile, bytes, dict[str, Any]]:
    from andel.serving.imported_model import Wanted, import_onnx  # needs the extra

    how: InputCodes | None = None
    rows, names = (None, ()) if data is None else read_table(read_bounded(data, MAX_TABLE_BYTES))
    if inputs is not None:
        start = read_bounded(inputs, MAX_TABLE_BYTES)
        if start.lstrip()[:1] == b"{":
            how, names = read_inputs(start[: MAX_FILE_BYTES + 1])
        elif data is not None:
            raise SettingsError("--inputs and --data are two tables", "give one of them")
        else:
            rows, names = read_table(start)
    if isinstance(how, Cuts):
        raise InputError("a file of cuts belongs to trees, which bring their own", "leave --inputs out")
    made = import_onnx(content, Wanted(scale, unit, code_bits, how, rows, names))
    return made.file, made.inputs, made.accuracy


def _exported(model: AnyFile) -> bytes | None:
    try:
        from andel.serving.onnx_export import export_onnx
    except InputError as error:  # an extra
        typer.echo(f"no ONNX: {error.message}; {error.hint}", err=True)
        return None
    return export_onnx(model)


def _lines(report: dict[str, Any]) -> list[str]:
    lines = [
        f"model file {report['model_file_hash']}: {report['family']}, {report['inputs']} inputs (codes 0.."
        f"{report['max_code']}), {report['answers']} answers in {report['unit']}"
    ]
    if accuracy := report.get("accuracy"):
        rows = f"on {accuracy['rows']} rows ({accuracy['rows_from']})"
        if "agreement" in accuracy:
            lines.append(f"the floats' class: {100 * accuracy['agreement']:.2f} % {rows}")
        else:
            lines.append(
                f"from the floats' answer: {accuracy['mean_error']:.3f} x {accuracy['errors_in']} in the mean, "
                f"{accuracy['worst_error']:.3f} at most, {rows}"
            )
    lines += [
        f"{lane['name']}: sums from {lane['least']} to {lane['greatest']}, proven inside {lane['bits']} bits "
        f"({100 * lane['use']:.0f} % used)"
        for lane in report["lanes"]
    ]
    code = report["code"]
    if "bytes" in code:
        gas = f"{code['gas']}" if code["gas"] is not None else f"about {code['gas_about']}, by the question"
        lines.append(f"code: {code['bytes']} bytes, {len(code['chunks'])} chunks, gas {gas}, hash {code['code_hash']}")
    return [*lines, "written: " + " ".join(report["files"])]
