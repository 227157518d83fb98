// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IInferenceMarket } from "./IInferenceMarket.sol";
import { MarketBook } from "./MarketBook.sol";
import { Server, Terms } from "./MarketTypes.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @notice A model's terms, and who answers for it. See {IInferenceMarket}.
abstract contract MarketServers is MarketBook {
    uint256 internal constant MAX_SERVERS = 64;
    uint256 private constant MAX_SEATS = 15;
    uint256 private constant MAX_ENDPOINT = 256;
    uint256 private constant SHORTEST_STEP = 15;
    uint256 private constant LEAST_BOND = 0.001 ether;
    uint256 private constant EVICTION_GRACE = 1 days;

    /// @inheritdoc IInferenceMarket
    function setTerms(address model, Terms calldata terms) external {
        address ruler = splitters.rulerOf(model);
        require(msg.sender == ruler, InferenceMarket_NotRuler(model, msg.sender, ruler));
        Terms memory next;
        if (terms.servers != 0) {
            _requireBounds(terms);
            next = terms;
        }
        address vault = splitters.vaultOf(model);
        _requireTerm(vault != address(0), "vault", 0);
        KeptTerms[] storage list = _terms[model];
        _requireTerm(list.length < type(uint16).max, "number", list.length);
        if (list.length == 0) _models.push(model);
        list.push(KeptTerms(next, uint40(block.timestamp), vault));
        emit TermsSet(model, uint16(list.length), next, vault);
    }

    /// @inheritdoc IInferenceMarket
    function join(address model, uint16 terms, string calldata endpoint, uint80 price) external payable {
        Entry storage entry = _entries[model][msg.sender];
        require(entry.place == 0, InferenceMarket_AlreadyServer(model, msg.sender));
        address[] storage list = _lists[model];
        require(list.length < MAX_SERVERS, InferenceMarket_Full(model));
        list.push(msg.sender);
        entry.place = uint16(list.length);
        entry.since = _requestsCount;
        _set(model, entry, terms, endpoint, price);
    }

    /// @inheritdoc IInferenceMarket
    function update(address model, uint16 terms, string calldata endpoint, uint80 price) external payable {
        Entry storage entry = _entryOf(model, msg.sender);
        if (entry.left != 0) {
            // As one that has just come: it is drawn for nothing that was asked while it was leaving.
            entry.left = 0;
            entry.withdrawableAt = 0;
            entry.since = _requestsCount;
        }
        _set(model, entry, terms, endpoint, price);
    }

    /// @inheritdoc IInferenceMarket
    function leave(address model) external {
        _leave(model, msg.sender, _entryOf(model, msg.sender));
    }

    /// @inheritdoc IInferenceMarket
    function evict(address model, address server) external {
        Entry storage entry = _entryOf(model, server);
        uint16 number = uint16(_terms[model].length);
        KeptTerms storage present = _termsAt(model, number);
        bool evictable = entry.terms == number
            ? entry.bond < present.terms.bond
            : block.timestamp >= present.setAt + EVICTION_GRACE;
        require(evictable, InferenceMarket_NotEvictable(model, server));
        _leave(model, server, entry);
    }

    /// @inheritdoc IInferenceMarket
    function withdrawBond(address model, address server) external returns (uint256 amount) {
        Entry storage entry = _entryOf(model, server);
        uint64 from = entry.withdrawableAt;
        require(from != 0 && block.timestamp >= from, InferenceMarket_BondHeld(model, server, from));
        amount = entry.bond;
        address[] storage list = _lists[model];
        address last = list[list.length - 1];
        uint16 place = entry.place;
        list[place - 1] = last;
        _entries[model][last].place = place;
        list.pop();
        delete _entries[model][server];
        _credit(COIN, server, amount);
        emit BondReturned(model, server, amount);
    }

    /// @inheritdoc IInferenceMarket
    function modelsCount() external view returns (uint256) {
        return _models.length;
    }

    /// @inheritdoc IInferenceMarket
    function models(uint256 first, uint256 count) external view returns (address[] memory page) {
        page = new address[](_pageSize(_models.length, first, count));
        for (uint256 i = 0; i < page.length; ++i) {
            page[i] = _models[first + i];
        }
    }

    /// @inheritdoc IInferenceMarket
    function termsOf(address model) external view returns (uint16 number, Terms memory terms, address vault) {
        number = uint16(_terms[model].length);
        if (number != 0) (terms, vault) = termsByNumber(model, number);
    }

    /// @inheritdoc IInferenceMarket
    function costOf(address model) external view returns (address token, uint256 cost) {
        (, Terms memory terms) = _openTerms(model);
        return (terms.token, _costOf(terms));
    }

    /// @inheritdoc IInferenceMarket
    function serversCount(address model) external view returns (uint256) {
        return _lists[model].length;
    }

    /// @inheritdoc IInferenceMarket
    function servers(
        address model,
        uint256 first,
        uint256 count
    )
        external
        view
        returns (Server[] memory page)
    {
        page = new Server[](_pageSize(_lists[model].length, first, count));
        for (uint256 i = 0; i < page.length; ++i) {
            page[i] = serverOf(model, _lists[model][first + i]);
        }
    }

    /// @inheritdoc IInferenceMarket
    function termsByNumber(
        address model,
        uint16 number
    )
        public
        view
        returns (Terms memory terms, address vault)
    {
        return (_loadTerms(model, number), _termsAt(model, number).vault);
    }

    /// @inheritdoc IInferenceMarket
    function serverOf(address model, address account) public view returns (Server memory server) {
        Entry storage entry = _entries[model][account];
        if (entry.place == 0) return server;
        server.account = account;
        server.endpoint = entry.endpoint;
        server.price = entry.price;
        server.bond = entry.bond;
        server.terms = entry.terms;
        server.since = entry.since;
        server.left = entry.left;
        server.withdrawableAt = entry.withdrawableAt;
    }

    /// The present terms, of a model whose market is open.
    function _openTerms(address model) internal view returns (uint16 number, Terms memory terms) {
        number = uint16(_terms[model].length);
        if (number != 0) terms = _loadTerms(model, number);
        require(terms.servers != 0, InferenceMarket_Closed(model));
    }

    function _set(
        address model,
        Entry storage entry,
        uint16 given,
        string calldata endpoint,
        uint80 price
    )
        private
    {
        (uint16 number, Terms memory terms) = _openTerms(model);
        require(given == number, InferenceMarket_OtherTerms(model, given, number));
        uint256 length = bytes(endpoint).length;
        require(length != 0 && length <= MAX_ENDPOINT, InferenceMarket_BadEndpoint(length));
        require(price != 0 && price <= terms.price, InferenceMarket_BadPrice(price, terms.price));
        uint80 bond = SafeCast.toUint80(entry.bond + msg.value);
        require(bond >= terms.bond, InferenceMarket_BadBond(bond, terms.bond));
        entry.price = price;
        entry.bond = bond;
        entry.terms = number;
        entry.endpoint = endpoint;
        emit ServerSet(model, msg.sender, endpoint, price, bond, number);
    }

    function _leave(address model, address server, Entry storage entry) private {
        require(entry.left == 0, InferenceMarket_HasLeft(model, server));
        entry.left = _requestsCount + 1;
        entry.withdrawableAt = uint64(block.timestamp) + UNBONDING;
        emit ServerLeft(model, server, entry.withdrawableAt);
    }

    function _entryOf(address model, address account) private view returns (Entry storage entry) {
        entry = _entries[model][account];
        require(entry.place != 0, InferenceMarket_NotServer(model, account));
    }

    function _requireBounds(Terms calldata terms) private pure {
        uint256 n = terms.servers;
        uint256 k = terms.quorum;
        _requireTerm(n <= MAX_SEATS, "servers", n);
        _requireTerm(k <= n && 2 * k > n, "quorum", k);
        _requireTerm(terms.price != 0, "price", 0);
        _requireTerm(_isStep(terms.sealSeconds), "sealSeconds", terms.sealSeconds);
        _requireTerm(_isStep(terms.revealSeconds), "revealSeconds", terms.revealSeconds);
        _requireTerm(terms.bond >= LEAST_BOND, "bond", terms.bond);
    }

    function _requireTerm(bool kept, bytes32 parameter, uint256 value) private pure {
        require(kept, InferenceMarket_BadTerms(parameter, value));
    }

    function _isStep(uint256 length) private pure returns (bool) {
        return length >= SHORTEST_STEP && length <= LONGEST_STEP;
    }

    function _pageSize(uint256 length, uint256 first, uint256 count) private pure returns (uint256) {
        if (first >= length) return 0;
        return count < length - first ? count : length - first;
    }
}
