"""The last part of the way to an answer: the model file, the code on chain, and one signed prediction.

Takes the model's task and the version that is current, or the one that a prediction names. Gives counts. The file must
follow from the version, the code from the file, and the answer from both. Raises EvidenceError, ContentError,
PredictionRefused. Never rests on what the registry says of code: the code itself is read and compared.
"""

from __future__ import annotations

from andel.content import ContentStore, cid_of_digest
from andel.errors import ContentMissing, EvidenceError, NotInTheEvm
from andel.hashing import keccak
from andel.ledger.deployment import ModelContracts
from andel.ledger.onchain_models import OnchainModelsContract, Publication
from andel.roles.auditing.findings import Audit, Missing, Rests
from andel.roles.gateway import chunk_place, compiled_for, fits_the_evm, model_file_of, registry_of
from andel.serving.any_file import AnyFile, VersionFile, answer_to
from andel.serving.prediction import Prediction, verify_prediction


def audit_model(
    model: ModelContracts,
    store: ContentStore,
    task_cid: str,
    prediction: Prediction | None,
    result: Audit,
    names: dict[str, str],
) -> None:
    """Checks what answers for the model; names the model file's object in `names`."""
    registry = model.onchain_models
    if prediction is not None:
        operators = model.operators.of_epoch()
        signers = {operators.coordinator, *(validator.account for validator in operators.validators)}
        verify_prediction(prediction, model.round_manager.domain, signers)
    published = _published(model, registry, prediction)
    if registry is None or published is None:
        if prediction is not None:
            _check_unpublished(model, store, task_cid, prediction, result)
            return
        result.rests_on.append("no version is known to be published on chain: no answer was checked")
        return
    if not model.round_manager.is_final_version(published.version):
        raise EvidenceError("published version", "no final round made it")
    try:
        file, _ = model_file_of(store, published.version, task_cid)
    except ContentMissing as error:
        missing = Missing(names.get(error.cid, "version"), error.message, Rests.DELETED)
        result.add_missing([missing])
        result.tally.add("model", Rests.DELETED, 2)
        return
    names.setdefault(cid_of_digest(file.file_hash), "model file")
    if file.file_hash != published.model_file_hash:
        raise EvidenceError("model file", "the version does not give the file whose hash is on chain")
    check_code(model, published, file)
    result.tally.add("model", Rests.RECOMPUTED, 2)
    if prediction is not None:
        _check_answer(model, registry, prediction, published, file)
        result.checked.answers += 1
        result.tally.add("answers", Rests.RECOMPUTED)


def _check_unpublished(
    model: ModelContracts, store: ContentStore, task_cid: str, prediction: Prediction, result: Audit
) -> None:
    """A version that the EVM does not take has answers all the same: those of its model file."""
    unknown = EvidenceError("answer", "no published version is known to check it by; name the deployment file")
    if model.onchain_models is None or not model.round_manager.is_final_version(prediction.version):
        raise unknown
    file, _ = model_file_of(store, prediction.version, task_cid)
    if fits_the_evm(model, file):
        raise unknown
    answer = answer_to(file, prediction.question)
    if answer != prediction.answer:
        raise EvidenceError("answer", f"the signed answer {prediction.answer} is not the model file's {answer}")
    result.checked.answers += 1
    result.tally.add("answers", Rests.RECOMPUTED)


def _published(
    model: ModelContracts, registry: OnchainModelsContract | None, prediction: Prediction | None
) -> Publication | None:
    if registry is None:
        return None
    address = model.round_manager.address
    current = registry.current_of(address)
    if prediction is None or (current is not None and current.version == prediction.version):
        return current
    return registry.publication_of(address, prediction.version)


def check_code(model: ModelContracts, published: Publication, file: AnyFile) -> None:
    """Compiles the file again. Raises EvidenceError where other code is on chain, or a chunk of it is not."""
    try:
        compiled = compiled_for(model, file)
    except NotInTheEvm as error:
        raise EvidenceError("on-chain model", f"code is on chain, and none follows from the file: {error}") from error
    if keccak(compiled.head) != published.codehash:
        raise EvidenceError("on-chain model", "compiling the model file does not give the code on chain")
    chain = model.round_manager.chain
    if chain.code(published.implementation) != compiled.head:
        raise EvidenceError("on-chain model", "the code at its address is not what the registry says")
    for chunk in compiled.chunks:
        if chain.code(chunk_place(registry_of(model), chunk)) != chunk:
            raise EvidenceError("on-chain model", "a chunk of its code is not at its address")


def _check_answer(
    model: ModelContracts,
    registry: OnchainModelsContract,
    prediction: Prediction,
    published: Publication,
    file: VersionFile,
) -> None:
    answers = {
        "model file": answer_to(file, prediction.question),
        "on-chain model": registry.predict_at(model.round_manager.address, prediction.version, prediction.question),
    }
    for what, answer in answers.items():
        if prediction.version != published.version or answer != prediction.answer:
            raise EvidenceError("answer", f"the signed answer {prediction.answer} is not the {what}'s {answer}")
