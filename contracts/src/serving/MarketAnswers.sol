// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IInferenceMarket } from "./IInferenceMarket.sol";
import { IPredictionReceiver } from "./IPredictionReceiver.sol";
import { MarketRequests } from "./MarketRequests.sol";
import { Seat, SeatState, Status, Terms } from "./MarketTypes.sol";

/// @notice Answers, and what follows from them. See {IInferenceMarket}.
abstract contract MarketAnswers is MarketRequests {
    uint256 private constant MAX_ANSWER = 32 * 32;

    /// The most gas that a version's code may take; as `OnchainModels` has it.
    uint256 private constant CODE_GAS = 200_000;

    /// More than the call itself costs before its own gas.
    uint256 private constant CALL_MARGIN = 10_000;

    /// What part of the terms' bond a silent server loses.
    uint80 private constant FINE_PART = 100;

    /// @inheritdoc IInferenceMarket
    function seal(uint256 id, bytes32 sealed_) external {
        Kept storage kept = _requests[id];
        _requireStatus(kept.status == Status.Routed, id, kept.status);
        (uint64 sealBy,) = _deadlines(kept);
        require(block.timestamp <= sealBy, InferenceMarket_TooLate(id, sealBy));
        uint8 position = _enter(id, kept, SeatState.Routed, SeatState.Sealed);
        _seals[id][position] = sealed_;
        kept.sealedCount += 1;
        emit AnswerSealed(id, msg.sender, sealed_);
    }

    /// @inheritdoc IInferenceMarket
    function reveal(uint256 id, bytes calldata answer, bytes32 salt) external {
        Kept storage kept = _requests[id];
        Status status = kept.status;
        _requireStatus(
            status == Status.Routed || status == Status.Final || status == Status.Contradicted, id, status
        );
        (uint64 sealBy, uint64 revealBy) = _deadlines(kept);
        require(
            kept.sealedCount == kept.servers || block.timestamp > sealBy,
            InferenceMarket_SealingOpen(id, sealBy)
        );
        require(block.timestamp <= revealBy, InferenceMarket_TooLate(id, revealBy));
        require(_isAnswer(answer.length), InferenceMarket_BadAnswer(answer.length));
        uint8 position = _enter(id, kept, SeatState.Sealed, SeatState.Revealed);
        bytes32 answerHash = keccak256(answer);
        bytes32 kept_ = _seals[id][position];
        require(
            kept_ == sealHash(id, msg.sender, answerHash, salt),
            InferenceMarket_WrongReveal(id, msg.sender, kept_)
        );
        _seals[id][position] = answerHash;
        kept.revealedCount += 1;
        emit AnswerRevealed(id, msg.sender, answer);
        if (status == Status.Routed && _votesFor(id, kept.servers, answerHash) >= kept.quorum) {
            kept.status = Status.Final;
            kept.finalSeat = position;
            _answers[id] = answer;
            emit AnswerFinal(id, answer);
        }
    }

    /// @inheritdoc IInferenceMarket
    function finish(uint256 id) external {
        Kept storage kept = _requests[id];
        _requireStatus(kept.status == Status.Final, id, kept.status);
        _requireOver(id, kept);
        kept.status = Status.Finished;
        Terms memory terms = _loadTerms(kept.model, kept.terms);
        address token = terms.token;
        bytes32 answerHash = _seals[id][kept.finalSeat];
        (uint256 toServers, uint256 toVault) = (0, 0);
        for (uint256 i = 0; i < kept.servers; ++i) {
            Seat memory each = _seats[id][i];
            if (each.state != SeatState.Revealed || _seals[id][i] != answerHash) continue;
            uint256 part = uint256(each.price) * kept.operatorsPart / BPS;
            _credit(token, each.server, part);
            toServers += part;
            toVault += each.price - part;
        }
        uint256 refunded = _costOf(terms) - toServers - toVault;
        _credit(token, _termsAt(kept.model, kept.terms).vault, toVault);
        _credit(token, _refundTo(kept), refunded);
        emit RequestFinished(id, toServers, toVault, refunded);
        _fineSilent(id, kept);
    }

    /// @inheritdoc IInferenceMarket
    function refund(uint256 id) external {
        Kept storage kept = _requests[id];
        Status status = kept.status;
        if (status == Status.Open) {
            require(_isMissed(kept), InferenceMarket_NotOver(id, 0));
        } else {
            _requireStatus(status == Status.Routed || status == Status.Contradicted, id, status);
            _requireOver(id, kept);
            _fineSilent(id, kept);
        }
        kept.status = Status.Refunded;
        Terms memory terms = _loadTerms(kept.model, kept.terms);
        uint256 cost = _costOf(terms);
        address to = _refundTo(kept);
        _credit(terms.token, to, cost);
        emit RequestRefunded(id, to, cost);
    }

    /// @inheritdoc IInferenceMarket
    function deliver(uint256 id) external returns (bool success) {
        Kept storage kept = _requests[id];
        _requireStatus(kept.status == Status.Final || kept.status == Status.Finished, id, kept.status);
        address receiver = kept.receiver;
        require(receiver != address(0) && !kept.delivered, InferenceMarket_NothingToDeliver(id));
        kept.delivered = true;
        bytes memory data = abi.encodeCall(
            IPredictionReceiver.onPrediction,
            (id, kept.requester, kept.model, kept.version, kept.inputHash, _answers[id])
        );
        uint256 gasLimit = kept.receiverGas;
        // A call gets at most 63/64 of what is left, silently: whoever brings less must not spend the one delivery.
        uint256 most = (gasleft() * 63) / 64;
        require(most >= gasLimit + CALL_MARGIN, InferenceMarket_TooLittleGas(most, gasLimit + CALL_MARGIN));
        // Reads nothing of the answer, however long it is.
        assembly ("memory-safe") {
            success := call(gasLimit, receiver, 0, add(data, 0x20), mload(data), 0, 0)
        }
        emit Delivered(id, receiver, success);
    }

    /// @inheritdoc IInferenceMarket
    function slash(uint256 id, address server, bytes calldata input) external {
        Kept storage kept = _requests[id];
        require(kept.provable, InferenceMarket_NotProvable(id));
        (, uint64 deadline) = _deadlines(kept);
        deadline += SLASH_PERIOD;
        require(block.timestamp <= deadline, InferenceMarket_TooLate(id, deadline));
        uint8 position = _positionOf(id, kept.servers, server);
        Seat storage seat = _seats[id][position];
        require(seat.state == SeatState.Revealed, InferenceMarket_WrongSeat(id, server, seat.state));
        require(keccak256(input) == kept.inputHash, InferenceMarket_WrongInput(id, keccak256(input)));
        bytes32 answerHash = _seals[id][position];
        require(_trueHash(id, kept, input) != answerHash, InferenceMarket_AnswerHolds(id, server));
        seat.state = SeatState.Slashed;
        if (kept.status == Status.Final && _seals[id][kept.finalSeat] == answerHash) {
            kept.status = Status.Contradicted;
        }
        Entry storage entry = _entries[kept.model][server];
        uint256 amount = entry.bond;
        entry.bond = 0;
        uint256 reward = msg.sender == server ? 0 : amount / 2;
        _credit(COIN, msg.sender, reward);
        burned += amount - reward;
        emit Slashed(id, server, msg.sender, amount, reward);
    }

    /// @inheritdoc IInferenceMarket
    function sealOf(uint256 id, address server) external view returns (bytes32) {
        return _seals[id][_positionOf(id, _requests[id].servers, server)];
    }

    /// @inheritdoc IInferenceMarket
    function answerOf(uint256 id) external view returns (bytes memory) {
        return _answers[id];
    }

    /// @inheritdoc IInferenceMarket
    function sealHash(
        uint256 id,
        address server,
        bytes32 answerHash,
        bytes32 salt
    )
        public
        view
        returns (bytes32)
    {
        return keccak256(abi.encode(block.chainid, address(this), id, server, answerHash, salt));
    }

    /// The sender's seat, moved from one state to the next.
    function _enter(
        uint256 id,
        Kept storage kept,
        SeatState from,
        SeatState to
    )
        private
        returns (uint8 position)
    {
        position = _positionOf(id, kept.servers, msg.sender);
        Seat storage seat = _seats[id][position];
        require(seat.state == from, InferenceMarket_WrongSeat(id, msg.sender, seat.state));
        seat.state = to;
    }

    /// Burns a hundredth of the bond of each server that has revealed nothing, where it is still there.
    function _fineSilent(uint256 id, Kept storage kept) private {
        uint80 fine = _loadTerms(kept.model, kept.terms).bond / FINE_PART;
        for (uint256 i = 0; i < kept.servers; ++i) {
            Seat storage seat = _seats[id][i];
            if (seat.state != SeatState.Routed && seat.state != SeatState.Sealed) continue;
            address server = seat.server;
            Entry storage entry = _entries[kept.model][server];
            uint80 amount = fine < entry.bond ? fine : entry.bond;
            entry.bond -= amount;
            burned += amount;
            emit Fined(id, server, amount);
        }
    }

    function _positionOf(uint256 id, uint256 count, address server) private view returns (uint8) {
        for (uint8 i = 0; i < count; ++i) {
            if (_seats[id][i].server == server) return i;
        }
        revert InferenceMarket_NotRouted(id, server);
    }

    function _votesFor(uint256 id, uint256 count, bytes32 answerHash) private view returns (uint256 votes) {
        for (uint256 i = 0; i < count; ++i) {
            if (_seats[id][i].state == SeatState.Revealed && _seals[id][i] == answerHash) ++votes;
        }
    }

    /// All who sealed have revealed and nobody seals any more, or the time is over.
    function _requireOver(uint256 id, Kept storage kept) private view {
        (uint64 sealBy, uint64 revealBy) = _deadlines(kept);
        bool sealingEnded = kept.sealedCount == kept.servers || block.timestamp > sealBy;
        bool over = block.timestamp > revealBy || (sealingEnded && kept.revealedCount == kept.sealedCount);
        require(over, InferenceMarket_NotOver(id, revealBy));
    }

    /// What the version's code answers. Given less gas it fails, and never answers otherwise: it cannot see its gas.
    function _trueHash(uint256 id, Kept storage kept, bytes calldata input) private view returns (bytes32) {
        bytes32 modelId = bytes32(uint256(uint160(kept.model)));
        (address implementation,,) = registry.publicationOf(modelId, kept.version);
        (bool success, bytes memory answer) = implementation.staticcall{ gas: CODE_GAS }(input);
        require(success && _isAnswer(answer.length), InferenceMarket_NotProvable(id));
        return keccak256(answer);
    }

    function _isAnswer(uint256 length) private pure returns (bool) {
        return length != 0 && length % 32 == 0 && length <= MAX_ANSWER;
    }
}
