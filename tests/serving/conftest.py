"""An EVM in this process, with one contract on its chain."""

from collections.abc import Callable
from dataclasses import dataclass

import pyrevm
import pytest

from andel.serving.code_chunks import CompiledModel, chunk_address

CALLER = "0x" + "22" * 20
CONTRACT = "0x" + "11" * 20
TRANSACTION_GAS = 21_000
CALLDATA_GAS = (4, 16)
"""Gas of a zero byte and of another byte of call data."""


@dataclass(frozen=True, slots=True)
class Machine:
    """An EVM (Cancun) with one contract; it has no storage, so calls cannot warm anything for each other."""

    evm: pyrevm.EVM

    def ask(self, data: bytes) -> int:
        """The contract's answer to call data `data`, asked by a static call."""
        answer = self.evm.message_call(CALLER, CONTRACT, calldata=data, gas=200_000, is_static=True)
        assert len(answer) == 32
        return int.from_bytes(answer, "big", signed=True)

    def ask_many(self, data: bytes) -> list[int]:
        """The contract's integers, 32 bytes each."""
        answer = self.evm.message_call(CALLER, CONTRACT, calldata=data, gas=2_000_000, is_static=True)
        return [int.from_bytes(answer[at : at + 32], "big", signed=True) for at in range(0, len(answer), 32)]

    def execution_gas(self, data: bytes) -> int:
        """Gas of asking, less what a transaction and its call data cost."""
        self.evm.message_call(CALLER, CONTRACT, calldata=data, gas=2_000_000, is_static=True)
        assert self.evm.result is not None
        return self.evm.result.gas_used - TRANSACTION_GAS - sum(CALLDATA_GAS[byte != 0] for byte in data)


@pytest.fixture(scope="session")
def deploy() -> Callable[[bytes], Machine]:
    """Puts runtime code on a new chain."""

    def place(code: bytes) -> Machine:
        evm = pyrevm.EVM(spec_id="CANCUN")
        evm.insert_account_info(CONTRACT, pyrevm.AccountInfo(code=code))
        return Machine(evm)

    return place


REGISTRY = b"\x77" * 20


@pytest.fixture(scope="session")
def deploy_chunked() -> Callable[[CompiledModel], Machine]:
    """Puts a compiled model on a new chain, each chunk where REGISTRY would create it."""

    def place(compiled: CompiledModel) -> Machine:
        evm = pyrevm.EVM(spec_id="CANCUN")
        evm.insert_account_info(CONTRACT, pyrevm.AccountInfo(code=compiled.head))
        for chunk in compiled.chunks:
            address = "0x" + chunk_address(REGISTRY, chunk).hex()
            evm.insert_account_info(address, pyrevm.AccountInfo(code=chunk))
        return Machine(evm)

    return place
