"""`andel model …`: a trained model compiled into a model file and its code, asked, checked, and put on a chain."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import orjson
import typer

from andel.cli.model_compile import compile_file, read_model
from andel.cli.options import RpcOption, coins, open_model, read_bounded, read_key
from andel.encoding import IntArray, parse_hex, words_in
from andel.errors import InputError, SettingsError
from andel.keys import parse_address
from andel.ledger.connection import Chain
from andel.ledger.deployment import Deployment
from andel.ledger.onchain_models import OnchainModelsContract
from andel.roles.gateway import registry_of
from andel.roles.model_code import code_for, deploy_code, parts_of, verify_answer, verify_publication, verify_signed
from andel.serving.any_file import AnyFile, evaluate_any, pack_any, takes_base, unpack_any
from andel.serving.ask_http import ask_over_http
from andel.serving.input_codes import MAX_FILE_BYTES, codes_of_values, read_inputs
from andel.serving.model_file import ModelFile
from andel.serving.prediction import Prediction
from andel.serving.slots import Slots
from andel.units import Address

app = typer.Typer(name="model", help="A trained model as integers: compiled, asked, verified, deployed.")
app.command("compile")(compile_file)

FileArgument = Annotated[Path, typer.Argument(help="A model file (andel-model/1 or 2).")]
OnchainOption = Annotated[
    str, typer.Option("--registry", help="OnchainModels' address, or a deployment file that names it.")
]
_PREDICTION_BYTES = 16 * 1024
_NOBODY = Address("0x" + "00" * 20)


@app.command()
def ask(
    file: FileArgument,
    codes: Annotated[str, typer.Option(help="Codes, with commas between them.")] = "",
    values: Annotated[str, typer.Option(help="Measured values, with commas between them; needs --inputs.")] = "",
    question: Annotated[str, typer.Option(help="The packed question in hex.")] = "",
    base: Annotated[int, typer.Option(help="What the answer is a change of, where the model takes one.")] = 0,
    inputs: Annotated[Path | None, typer.Option(help="What codes mean: NAME.inputs.json of `compile`.")] = None,
    url: Annotated[str, typer.Option(help="Ask this server as well.")] = "",
    rpc: Annotated[str, typer.Option(help="Ask this chain as well.")] = "",
    model: Annotated[str, typer.Option("--model", help="There: a model's deployment or lock file.")] = "",
    registry: Annotated[str, typer.Option(help="There, without a model: OnchainModels' address or its file.")] = "",
    code: Annotated[str, typer.Option(help="There, without a model: where the code lies.")] = "",
    onnx: Annotated[bool, typer.Option("--onnx", help="Ask ONNX Runtime as well.")] = False,
) -> None:
    """Ask a model file a question; with --url and --rpc a server and a chain too. Ends with 1 where they differ."""
    proven = read_model(file)
    asked = _question(proven, codes, values, question, base, inputs)
    row, given_base = unpack_any(proven, asked)
    bases = np.array([given_base], dtype=np.int64) if takes_base(proven) else None
    answers = {"file": evaluate_any(proven, row[None, :], bases)[0].tolist()}
    if onnx:
        from andel.serving.onnx_runtime import OnnxModel

        answers["onnx"] = OnnxModel(proven).evaluate(row[None, :], bases)[0].tolist()
    if url:
        answers["http"] = ask_over_http(url, asked)
    if rpc:
        answers["chain"] = _ask_chain(rpc, model, registry, code, asked)
    typer.echo(f"question 0x{asked.hex()}")
    for where, found in answers.items():
        typer.echo(f"{where}: {' '.join(map(str, found))} ({proven.unit})")
    if len({tuple(found) for found in answers.values()}) > 1:
        typer.echo("the answers differ", err=True)
        raise typer.Exit(1)


@app.command()
def verify(
    predictions: Annotated[list[Path], typer.Argument(help="Signed predictions (JSON), one file each.")],
    rpc: RpcOption,
    model: Annotated[str, typer.Option("--model", "--lock", help="The model's deployment or lock file.")],
    file: Annotated[Path | None, typer.Option("--file", help="The model file, to compute and compile again.")] = None,
    quorum: Annotated[int, typer.Option(min=1, max=64, help="How many operators must have signed.")] = 1,
    at_any_time: Annotated[bool, typer.Option("--at-any-time", help="Do not judge when it was signed.")] = False,
) -> None:
    """Check signed answers: k operators' signatures, and with --file the answer, the file and the code on chain."""
    found = [_prediction(path) for path in predictions]
    opened = open_model(rpc, model)
    signers = verify_signed(found, opened, quorum, at_any_time=at_any_time)
    typer.echo(f"signed by {len(signers)} of the model's operators: {', '.join(signers)}")
    if file is not None:
        proven = read_model(file)
        answer = verify_answer(found[0], proven)
        typer.echo(f"the model file answers {answer} ({proven.unit}), as signed")
        published = registry_of(opened).publication_of(opened.round_manager.address, found[0].version)
        if published is None:
            raise SettingsError(f"version {found[0].version.hex()} is not published on chain", "leave --file out")
        verify_publication(opened, published, proven)
        typer.echo(f"the code on chain is what the file compiles to: {published.codehash.hex()}")


@app.command()
def deploy(
    file: FileArgument,
    rpc: RpcOption,
    registry: OnchainOption,
    key_file: Annotated[Path | None, typer.Option("--key-file", help="Key of who pays; --dry-run needs none.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be sent, and what it costs.")] = False,
) -> None:
    """Put a model file's code on a chain, bound to no model: chunks, then the head; what is there stays."""
    proven = read_model(file)
    opened = _registry(rpc, registry)
    compiled = code_for(proven, opened)
    price = opened.chain.gas_price()
    if dry_run:
        payer = _NOBODY if key_file is None else read_key(key_file).address
        parts = parts_of(compiled, opened, payer)
        for part in parts:
            state = "is there" if part.present else f"about {part.gas} gas"
            typer.echo(f"{part.what} {part.address}: {len(part.code)} bytes, {state}")
        gas = sum(part.gas for part in parts)
        typer.echo(f"in all about {gas} gas, {coins(gas * price)} coins; nothing was sent")
        return
    if key_file is None:
        raise SettingsError("nobody is named who pays", "--key-file, or --dry-run")
    spent, address = 0, ""
    for part, gas in deploy_code(compiled, opened, read_key(key_file)):
        typer.echo(f"{part.what} {part.address}: {len(part.code)} bytes, {f'gas {gas}' if gas else 'was there'}")
        spent, address = spent + gas, part.address
    typer.echo(f"the model answers at {address}, gas {spent}, about {coins(spent * price)} coins")


def _question(model: AnyFile, codes: str, values: str, question: str, base: int, inputs: Path | None) -> bytes:
    if sum(map(bool, (codes, values, question))) != 1:
        raise SettingsError("one of --codes, --values and --question says what is asked")
    if question:
        digits = question.removeprefix("0x").lower()
        return parse_hex(digits, len(digits) // 2)
    if codes:
        return pack_any(model, _integers(codes), base)
    if inputs is None:
        raise SettingsError("nothing says what codes the values are", "name the model's NAME.inputs.json with --inputs")
    how, _ = read_inputs(read_bounded(inputs, MAX_FILE_BYTES))
    try:
        row = np.array([[float(text) for text in values.split(",")]], dtype=np.float64)
    except ValueError as error:
        raise InputError(f"not numbers with commas between them: {values[:60]!r}") from error
    slots = Slots(model.inputs, 8, 8) if isinstance(model, ModelFile) else model.slots
    return pack_any(model, codes_of_values(how, row, slots)[0], base)


def _integers(text: str) -> IntArray:
    try:
        return np.array([int(each) for each in text.split(",")], dtype=np.int64)
    except (ValueError, OverflowError) as error:
        raise InputError(f"not integers with commas between them: {text[:60]!r}") from error


def _ask_chain(rpc: str, model: str, registry: str, code: str, question: bytes) -> list[int]:
    if model:
        opened = open_model(rpc, model)
        data = registry_of(opened).predict_words(opened.round_manager.address, question)
    elif registry and code:
        data = _registry(rpc, registry).ask(parse_address(code), question)
    else:
        raise SettingsError("nothing says what is asked on that chain", "--model, or --registry and --code")
    return words_in(data)


def _registry(rpc: str, registry: str) -> OnchainModelsContract:
    chain = Chain.connect(rpc)
    if registry.startswith("0x") or not Path(registry).is_file():
        return OnchainModelsContract(chain, parse_address(registry))
    address = Deployment.from_file(Path(registry)).addresses.get("OnchainModels")
    if address is None:
        raise SettingsError(f"{registry} names no OnchainModels", "give its address")
    return OnchainModelsContract(chain, address)


def _prediction(path: Path) -> Prediction:
    data = read_bounded(path, _PREDICTION_BYTES)
    try:
        if len(data) > _PREDICTION_BYTES:
            raise InputError(f"over {_PREDICTION_BYTES} bytes")
        return Prediction.from_json(orjson.loads(data))
    except orjson.JSONDecodeError as error:
        raise InputError(f"{path} is no JSON") from error
    except InputError as error:
        raise InputError(f"{path}: {error.message}", error.hint) from error
