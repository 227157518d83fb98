// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IOnchainModels } from "../serving/IOnchainModels.sol";
import { IOperators } from "../training/IOperators.sol";
import { IRoundManager } from "../training/IRoundManager.sol";
import { CloneArgs } from "./CloneArgs.sol";
import {
    Access,
    Bar,
    IModelPolicy,
    PolicyFounding,
    Price,
    Promotion,
    Record,
    Rule
} from "./IModelPolicy.sol";
import { IPassPlans, PassPlan } from "./IPassPlans.sol";
import { Initializable } from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import { MessageHashUtils } from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import { SignatureChecker } from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @notice See {IModelPolicy}, which is the manual.
contract ModelPolicy is IModelPolicy, IPassPlans, Initializable {
    struct PriceList {
        Access access;
        Price[] prices;
    }

    uint256 private constant MAX_PRICES = 32;

    bytes32 private constant PUBLICATION_TYPE_HASH =
        keccak256("Publication(address model,bytes32 version,bytes32 modelFileHash,bytes32 codeHash)");
    bytes32 private constant DOMAIN_TYPE_HASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    /// @inheritdoc IModelPolicy
    address public immutable factory;

    mapping(Rule rule => Record[]) private _records;
    mapping(uint256 number => PriceList) private _prices;
    mapping(uint256 number => Bar) private _bars;
    Promotion[] private _promotions;
    mapping(bytes32 version => bool) private _wasPromoted;
    /// @inheritdoc IModelPolicy
    uint64 public newestRound;

    modifier onlyTimelock() {
        address expected = timelock();
        require(msg.sender == expected, ModelPolicy_NotTimelock(msg.sender, expected));
        _;
    }

    /// @param factory_ who initialises clones
    constructor(address factory_) {
        factory = factory_;
        _disableInitializers();
    }

    /// @notice For the factory, once.
    /// @param founding what holds from the launch on
    function initialize(PolicyFounding calldata founding) external initializer {
        require(msg.sender == factory, ModelPolicy_NotFactory(msg.sender, factory));
        _record(Rule.Training, founding.training);
        _record(Rule.Data, founding.data);
        _record(Rule.Validation, founding.validation);
        _record(Rule.Licence, founding.licence);
        _setPrices(founding.access, founding.prices);
        _setBar(founding.bar);
    }

    /// @inheritdoc IModelPolicy
    function setTrainingPolicy(bytes32 hash) external onlyTimelock {
        _record(Rule.Training, hash);
    }

    /// @inheritdoc IModelPolicy
    function setDataPolicy(bytes32 hash) external onlyTimelock {
        _record(Rule.Data, hash);
    }

    /// @inheritdoc IModelPolicy
    function setValidationPolicy(bytes32 hash) external onlyTimelock {
        _record(Rule.Validation, hash);
    }

    /// @inheritdoc IModelPolicy
    function setLicence(bytes32 hash) external onlyTimelock {
        _record(Rule.Licence, hash);
    }

    /// @inheritdoc IModelPolicy
    function setPrices(Access mode, Price[] calldata list) external onlyTimelock {
        _setPrices(mode, list);
    }

    /// @inheritdoc IModelPolicy
    function setBar(Bar calldata next) external onlyTimelock {
        _setBar(next);
    }

    /// @inheritdoc IModelPolicy
    function publish(
        bytes32 version,
        bytes32 modelFileHash,
        bytes calldata code,
        address[] calldata signers,
        bytes[] calldata signatures
    )
        external
        returns (address implementation)
    {
        bytes32 codeHash = keccak256(code);
        _requireSigned(publicationHash(version, modelFileHash, codeHash), signers, signatures);
        emit VersionPublished(version, modelFileHash, codeHash, signers);
        return registry().publish(address(manager()), version, modelFileHash, code);
    }

    /// @inheritdoc IModelPolicy
    function promote(bytes32 version) external {
        Bar memory required = bar();
        require(required.automatic, ModelPolicy_NotAutomatic());
        (uint64 round, int64 evaluation) = _attested(version);
        bool reached =
            required.lowerIsBetter ? evaluation <= required.evaluation : evaluation >= required.evaluation;
        require(reached, ModelPolicy_BelowBar(version, evaluation, required.evaluation));
        require(round > newestRound, ModelPolicy_NotNewer(version, round, newestRound));
        _promote(version, round, evaluation, false);
    }

    /// @inheritdoc IModelPolicy
    function promoteByVote(bytes32 version) external onlyTimelock {
        (uint64 round, int64 evaluation) = _attested(version);
        _promote(version, round, evaluation, true);
    }

    /// @inheritdoc IModelPolicy
    function rollback(bytes32 version) external onlyTimelock {
        require(_wasPromoted[version] && version != currentVersion(), ModelPolicy_NeverPromoted(version));
        (uint64 round, int64 evaluation) = _attested(version);
        _promote(version, round, evaluation, true);
    }

    /// @inheritdoc IModelPolicy
    function ruleAt(
        Rule rule,
        uint256 blockNumber
    )
        external
        view
        returns (uint256 number, Record memory record)
    {
        // The founding's record holds for everything before a second one.
        uint256 low = 0;
        uint256 high = _last(rule);
        while (low < high) {
            uint256 middle = (low + high + 1) / 2;
            if (_records[rule][middle].sinceBlock < blockNumber) low = middle;
            else high = middle - 1;
        }
        return (low, _records[rule][low]);
    }

    /// @inheritdoc IModelPolicy
    function ruleOf(Rule rule) external view returns (Record memory) {
        return _records[rule][_last(rule)];
    }

    /// @inheritdoc IModelPolicy
    function rulesCount(Rule rule) external view returns (uint256) {
        return _records[rule].length;
    }

    /// @inheritdoc IModelPolicy
    function ruleByNumber(Rule rule, uint256 number) external view returns (Record memory) {
        require(number < _records[rule].length, ModelPolicy_NoRecord(rule, number));
        return _records[rule][number];
    }

    /// @inheritdoc IModelPolicy
    function prices() external view returns (Access access, Price[] memory list) {
        return pricesByNumber(_last(Rule.Prices));
    }

    /// @inheritdoc IModelPolicy
    function priceOf(bytes32 route) external view returns (Price memory price) {
        price = _priceOf(route);
        require(price.route != bytes32(0), ModelPolicy_NoPrice(route));
    }

    /// @inheritdoc IPassPlans
    function passPlanOf(bytes32 plan) external view returns (PassPlan memory found) {
        Price memory price = _priceOf(plan);
        if (price.period == 0) return found; // none, or one that is paid per call
        found = PassPlan({
            payTo: vault(),
            token: price.token,
            price: price.amount,
            period: price.period,
            perDay: price.ratePerDay,
            transferable: price.transferable,
            termsHash: _records[Rule.Licence][_last(Rule.Licence)].hash
        });
    }

    /// @inheritdoc IModelPolicy
    function barByNumber(uint256 number) external view returns (Bar memory) {
        require(number < _records[Rule.Bar].length, ModelPolicy_NoRecord(Rule.Bar, number));
        return _bars[number];
    }

    /// @inheritdoc IModelPolicy
    function promotionsCount() external view returns (uint256) {
        return _promotions.length;
    }

    /// @inheritdoc IModelPolicy
    function promotionByNumber(uint256 number) external view returns (Promotion memory) {
        return _promotions[number];
    }

    /// @inheritdoc IModelPolicy
    function currentVersion() public view returns (bytes32) {
        uint256 count = _promotions.length;
        return count == 0 ? bytes32(0) : _promotions[count - 1].version;
    }

    /// @inheritdoc IModelPolicy
    function pricesByNumber(uint256 number) public view returns (Access access, Price[] memory list) {
        require(number < _records[Rule.Prices].length, ModelPolicy_NoRecord(Rule.Prices, number));
        return (_prices[number].access, _prices[number].prices);
    }

    /// @inheritdoc IModelPolicy
    function bar() public view returns (Bar memory) {
        return _bars[_last(Rule.Bar)];
    }

    /// @inheritdoc IModelPolicy
    function publicationHash(
        bytes32 version,
        bytes32 modelFileHash,
        bytes32 codeHash
    )
        public
        view
        returns (bytes32)
    {
        address model = address(manager());
        bytes32 separator = keccak256(
            abi.encode(DOMAIN_TYPE_HASH, keccak256("Andel"), keccak256("1"), block.chainid, model)
        );
        bytes32 structHash =
            keccak256(abi.encode(PUBLICATION_TYPE_HASH, model, version, modelFileHash, codeHash));
        return MessageHashUtils.toTypedDataHash(separator, structHash);
    }

    /// @inheritdoc IModelPolicy
    function timelock() public view returns (address) {
        return CloneArgs.addressAt(0);
    }

    /// @inheritdoc IModelPolicy
    function manager() public view returns (IRoundManager) {
        return IRoundManager(CloneArgs.addressAt(1));
    }

    /// @inheritdoc IModelPolicy
    function registry() public view returns (IOnchainModels) {
        return IOnchainModels(CloneArgs.addressAt(2));
    }

    /// @inheritdoc IModelPolicy
    function vault() public view returns (address) {
        address named = CloneArgs.addressAt(3);
        return named == address(0) ? timelock() : named;
    }

    function _record(Rule rule, bytes32 hash) private returns (uint256 number) {
        number = _records[rule].length;
        _records[rule].push(Record(hash, uint48(block.timestamp), uint48(block.number)));
        emit RuleSet(rule, number, hash);
    }

    function _setPrices(Access mode, Price[] calldata list) private {
        uint256 count = list.length;
        require(count <= MAX_PRICES, ModelPolicy_BadPrices(count));
        PriceList storage entry = _prices[_record(Rule.Prices, keccak256(abi.encode(mode, list)))];
        entry.access = mode;
        for (uint256 i = 0; i < count; ++i) {
            require(list[i].route != bytes32(0), ModelPolicy_BadPrices(i));
            for (uint256 j = 0; j < i; ++j) {
                require(list[i].route != list[j].route, ModelPolicy_BadPrices(i));
            }
            entry.prices.push(list[i]);
        }
        emit PricesSet(mode, list);
    }

    function _setBar(Bar memory next) private {
        _bars[_record(Rule.Bar, keccak256(abi.encode(next)))] = next;
        emit BarSet(next.evaluation, next.lowerIsBetter, next.automatic);
    }

    function _promote(bytes32 version, uint64 round, int64 evaluation, bool byVote) private {
        if (round > newestRound) newestRound = round;
        _wasPromoted[version] = true;
        _promotions.push(Promotion(version, uint48(block.timestamp), uint48(block.number), round, byVote));
        emit VersionPromoted(version, round, evaluation, byVote);
        registry().promote(address(manager()), version);
    }

    function _attested(bytes32 version) private view returns (uint64 round, int64 evaluation) {
        IRoundManager model = manager();
        require(model.isFinalVersion(version), ModelPolicy_NotFinal(version));
        round = model.versionRound(version);
        evaluation = model.roundOf(round).evaluation;
    }

    function _requireSigned(
        bytes32 digest,
        address[] calldata signers,
        bytes[] calldata signatures
    )
        private
        view
    {
        uint256 count = signers.length;
        require(count == signatures.length, ModelPolicy_LengthMismatch(count, signatures.length));
        IOperators operators = manager().operators();
        uint32 epoch = operators.operatorsEpoch();
        (, uint32 k,,) = operators.operatorsOf(epoch);
        require(count >= k, ModelPolicy_TooFewSignatures(count, k));
        address last = address(0);
        for (uint256 i = 0; i < count; ++i) {
            address signer = signers[i];
            (bool isValidator, bool isBonded) = operators.standingOf(epoch, signer);
            require(signer > last && isValidator && isBonded, ModelPolicy_BadSigner(signer));
            require(
                SignatureChecker.isValidSignatureNowCalldata(signer, digest, signatures[i]),
                ModelPolicy_BadSignature(signer)
            );
            last = signer;
        }
    }

    /// All zero if the list has no such route.
    function _priceOf(bytes32 route) private view returns (Price memory price) {
        Price[] storage list = _prices[_last(Rule.Prices)].prices;
        for (uint256 i = 0; i < list.length; ++i) {
            if (list[i].route == route) return list[i];
        }
    }

    /// The last record's number; a clone that was never initialised has none, and answers nothing.
    function _last(Rule rule) private view returns (uint256) {
        return _records[rule].length - 1;
    }
}
