// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { CloneArgs } from "../ledger/CloneArgs.sol";
import { IRevenueVault } from "../ledger/IRevenueVault.sol";
import { Epochs } from "./Epochs.sol";
import { HeldERC20 } from "./HeldERC20.sol";
import { IERC7572 } from "./IERC7572.sol";
import { IERC7641, IERC7641AltRevToken } from "./IERC7641.sol";
import { IModelToken } from "./IModelToken.sol";
import { ERC20Upgradeable } from "@openzeppelin/contracts-upgradeable/token/ERC20/ERC20Upgradeable.sol";
import {
    ERC20PermitUpgradeable
} from "@openzeppelin/contracts-upgradeable/token/ERC20/extensions/ERC20PermitUpgradeable.sol";
import {
    ERC20VotesUpgradeable
} from "@openzeppelin/contracts-upgradeable/token/ERC20/extensions/ERC20VotesUpgradeable.sol";
import { NoncesUpgradeable } from "@openzeppelin/contracts-upgradeable/utils/NoncesUpgradeable.sol";
import { IVotes } from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import { IERC165 } from "@openzeppelin/contracts/interfaces/IERC165.sol";
import { IERC20Metadata } from "@openzeppelin/contracts/interfaces/IERC20Metadata.sol";
import { IERC5267 } from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import { IERC6372 } from "@openzeppelin/contracts/interfaces/IERC6372.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { IERC20Permit } from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";

/// @notice See {IModelToken}, which is the manual.
contract ModelToken is IModelToken, HeldERC20, ERC20PermitUpgradeable, ERC20VotesUpgradeable {
    address private constant COIN = address(0);
    uint256 private constant FIRST_OTHER = 7;

    /// @inheritdoc IModelToken
    uint256 public totalEverMinted;

    /// @inheritdoc IERC7572
    string public contractURI;

    /// True from `initialize` to the end of its transaction.
    bool private transient _launching;

    constructor() {
        _disableInitializers();
    }

    /// @inheritdoc IModelToken
    function initialize(
        string calldata name,
        string calldata symbol,
        string calldata uri
    )
        external
        initializer
    {
        require(msg.sender == founder(), ModelToken_NotFounder(msg.sender, founder()));
        require(cap() != 0 && cap() <= type(uint104).max, ModelToken_BadCap(cap()));
        require(
            minter() != address(0) && vault() != address(0) && treasury() != address(0),
            ModelToken_ZeroMinter()
        );
        uint256 length = epochLength();
        require(length >= 1 hours && length <= 90 days, ModelToken_BadEpochs(length));
        __ERC20_init(name, symbol);
        __ERC20Permit_init(name);
        contractURI = uri;
        _launching = true;
    }

    /// @inheritdoc IModelToken
    function mint(address to, uint256 amount) external {
        require(
            msg.sender == minter() || (_launching && msg.sender == founder()),
            ModelToken_NotMinter(msg.sender, minter())
        );
        uint256 room = cap() - totalEverMinted;
        require(amount <= room, ModelToken_OverCap(amount, room));
        totalEverMinted += amount;
        _mint(to, amount);
    }

    /// @inheritdoc IERC7641
    function burn(uint256 amount) external {
        // The coin alone.
        _burnAndRedeem(amount, new address[](1));
    }

    /// @inheritdoc IModelToken
    function burnAndRedeem(uint256 amount, address[] calldata tokens) external {
        _burnAndRedeem(amount, tokens);
    }

    /// @inheritdoc IERC7641
    function claim(uint256 snapshotId) external {
        uint256[] memory epochs = new uint256[](1);
        epochs[0] = snapshotId;
        IRevenueVault(vault()).claimFor(msg.sender, COIN, epochs);
    }

    /// @inheritdoc IERC7641
    function snapshot() external returns (uint256) {
        IRevenueVault(vault()).sync(COIN);
        return epochNow();
    }

    /// @inheritdoc IModelToken
    function setContractURI(string calldata uri) external {
        require(msg.sender == treasury(), ModelToken_NotTreasury(msg.sender, treasury()));
        contractURI = uri;
        emit ContractURIUpdated();
    }

    /// @inheritdoc IERC7641
    function claimableRevenue(address account, uint256 snapshotId) external view returns (uint256) {
        return IRevenueVault(vault()).claimable(account, COIN, snapshotId);
    }

    /// @inheritdoc IERC7641AltRevToken
    function claimableERC20(
        address account,
        uint256 snapshotId,
        address token
    )
        external
        view
        returns (uint256)
    {
        return IRevenueVault(vault()).claimable(account, token, snapshotId);
    }

    /// @inheritdoc IERC7641
    function redeemableOnBurn(uint256 amount) external view returns (uint256) {
        return IRevenueVault(vault()).redeemable(COIN, amount, totalSupply());
    }

    /// @inheritdoc IERC7641AltRevToken
    function redeemableERC20OnBurn(uint256 amount, address token) external view returns (uint256) {
        return IRevenueVault(vault()).redeemable(token, amount, totalSupply());
    }

    /// @inheritdoc IModelToken
    function heldSupply() external view returns (uint256 held) {
        address[] memory others = setAsideAccounts();
        held = totalSupply();
        for (uint256 i = 0; i < others.length; ++i) {
            held -= balanceOf(others[i]);
        }
    }

    /// @inheritdoc IModelToken
    function heldSeconds(address account, uint256 epoch) external view returns (uint256) {
        _requireFinished(epoch);
        return isSetAside(account) ? 0 : _weightIn(account, epoch);
    }

    /// @inheritdoc IModelToken
    function heldSecondsOfAll(uint256 epoch) external view returns (uint256 weight) {
        _requireFinished(epoch);
        address[] memory others = setAsideAccounts();
        weight = _supplyWeightIn(epoch);
        for (uint256 i = 0; i < others.length; ++i) {
            weight -= _weightIn(others[i], epoch);
        }
    }

    /// @notice Which of the interfaces above are answered (ERC-165).
    function supportsInterface(bytes4 id) external pure returns (bool) {
        return id == type(IERC165).interfaceId || id == type(IERC20).interfaceId
            || id == type(IERC20Metadata).interfaceId || id == type(IERC20Permit).interfaceId
            || id == type(IERC5267).interfaceId || id == type(IVotes).interfaceId
            || id == type(IERC6372).interfaceId || id == type(IERC7572).interfaceId
            || id == type(IERC7641).interfaceId || id == type(IERC7641AltRevToken).interfaceId;
    }

    /// @inheritdoc IModelToken
    function minter() public view returns (address) {
        return CloneArgs.addressAt(0);
    }

    /// @inheritdoc IModelToken
    function founder() public view returns (address) {
        return CloneArgs.addressAt(1);
    }

    /// @inheritdoc IModelToken
    function vault() public view returns (address) {
        return CloneArgs.addressAt(2);
    }

    /// @inheritdoc IModelToken
    function cap() public view returns (uint256) {
        return CloneArgs.uintAt(3);
    }

    /// @inheritdoc IModelToken
    function epochStart() public view returns (uint256) {
        return CloneArgs.uintAt(4);
    }

    /// @inheritdoc IModelToken
    function epochLength() public view returns (uint256) {
        return CloneArgs.uintAt(5);
    }

    /// @inheritdoc IModelToken
    function treasury() public view returns (address) {
        return CloneArgs.addressAt(6);
    }

    /// @inheritdoc IModelToken
    function epochNow() public view returns (uint256 epoch) {
        (epoch,) = Epochs.at(epochStart(), epochLength(), block.timestamp);
    }

    /// @inheritdoc IModelToken
    function setAsideAccounts() public view returns (address[] memory accounts) {
        uint256 others = CloneArgs.count() - FIRST_OTHER;
        accounts = new address[](3 + others);
        (accounts[0], accounts[1], accounts[2]) = (minter(), vault(), treasury());
        for (uint256 i = 0; i < others; ++i) {
            accounts[3 + i] = CloneArgs.addressAt(FIRST_OTHER + i);
        }
    }

    /// @inheritdoc IModelToken
    function isSetAside(address account) public view returns (bool) {
        address[] memory accounts = setAsideAccounts();
        for (uint256 i = 0; i < accounts.length; ++i) {
            if (accounts[i] == account) return true;
        }
        return false;
    }

    /// @notice The clock of votes: seconds.
    function clock() public view override returns (uint48) {
        return uint48(block.timestamp);
    }

    /// @notice Says that `clock` counts seconds (ERC-6372).
    // solhint-disable-next-line func-name-mixedcase
    function CLOCK_MODE() public pure override returns (string memory) {
        return "mode=timestamp";
    }

    /// @notice The next unused nonce of `owner`, shared by permits and delegations by signature.
    function nonces(address owner)
        public
        view
        override(ERC20PermitUpgradeable, NoncesUpgradeable)
        returns (uint256)
    {
        return super.nonces(owner);
    }

    function totalSupply() public view override(IERC20, ERC20Upgradeable, HeldERC20) returns (uint256) {
        return super.totalSupply();
    }

    function balanceOf(address account)
        public
        view
        override(IERC20, ERC20Upgradeable, HeldERC20)
        returns (uint256)
    {
        return super.balanceOf(account);
    }

    function _update(
        address from,
        address to,
        uint256 value
    )
        internal
        override(ERC20Upgradeable, HeldERC20, ERC20VotesUpgradeable)
    {
        super._update(from, to, value);
    }

    function _delegate(address account, address delegatee) internal override {
        require(!isSetAside(account), ModelToken_SetAside(account));
        super._delegate(account, delegatee);
    }

    function _burnAndRedeem(uint256 amount, address[] memory tokens) private {
        uint256 supply = totalSupply();
        _burn(msg.sender, amount);
        if (!isSetAside(msg.sender)) IRevenueVault(vault()).redeem(msg.sender, amount, supply, tokens);
    }

    function _requireFinished(uint256 epoch) private view {
        uint256 present = epochNow();
        require(epoch < present, ModelToken_EpochOpen(epoch, present));
    }

    function _calendar() internal view override returns (uint256, uint256) {
        return (epochStart(), epochLength());
    }
}
