// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice How a request finds its servers.
/// Random: by the hash of a later block. Price: the cheapest. RoundRobin: one after another.
enum Routing {
    Random,
    Price,
    RoundRobin
}

/// @notice Where a request stands.
/// Open: waits for its draw. Routed: servers are named. Final: a quorum has revealed one answer. Finished: the servers are
/// credited. Contradicted: the final answer was proven wrong before that. Refunded: the requester has all of it back.
enum Status {
    None,
    Open,
    Routed,
    Final,
    Finished,
    Contradicted,
    Refunded
}

/// @notice Where one server of a request stands.
enum SeatState {
    None,
    Routed,
    Sealed,
    Revealed,
    Slashed
}

/// @notice What a model's ruler has decided about its market.
/// @param token what is paid with; zero: the chain's coin
/// @param price the most a server may ask for one request, base units; not zero
/// @param servers how many servers answer, 1 to 15; zero closes the market (all else is then zero)
/// @param quorum how many equal answers are final, more than half of `servers`
/// @param routing how they are chosen
/// @param sealSeconds time to seal, from the routing, 15 seconds to a day
/// @param revealSeconds time to reveal, from the end of the sealing, 15 seconds to a day
/// @param bond what a server puts down at least, wei, from 0.001 coin
struct Terms {
    address token;
    uint80 price;
    uint8 servers;
    uint8 quorum;
    Routing routing;
    uint32 sealSeconds;
    uint32 revealSeconds;
    uint80 bond;
}

/// @notice What is asked.
/// @param model the model's `RoundManager`
/// @param version which version answers; zero: the current one of `OnchainModels`, and where it has none the newest
/// final one. Pinned in the request
/// @param input 1 to 64 words of 32 bytes
/// @param token what is paid with, as the terms have it
/// @param mostPaid the most that may be taken, base units
/// @param receiver who is called with the answer (`IPredictionReceiver`); zero: nobody
/// @param receiverGas gas for that call, up to 1,000,000
/// @param refundTo who is credited with what is not spent; zero: the sender
struct Ask {
    address model;
    bytes32 version;
    bytes input;
    address token;
    uint256 mostPaid;
    address receiver;
    uint32 receiverGas;
    address refundTo;
}

/// @notice One that answers for a model.
/// @param account its address: it seals, reveals, is paid and is bonded
/// @param endpoint where it can be asked directly, 1 to 256 bytes of text
/// @param price what it asks for one request, base units of the terms' token
/// @param bond what it has put down, wei
/// @param terms the terms it has agreed to; it is routed under no others
/// @param since it is routed for requests with greater ids
/// @param left zero, or the first request that it is not routed for
/// @param withdrawableAt when its bond can be taken back, seconds; zero while it serves
struct Server {
    address account;
    string endpoint;
    uint80 price;
    uint80 bond;
    uint16 terms;
    uint40 since;
    uint40 left;
    uint64 withdrawableAt;
}

/// @notice One server of a request.
/// @param price what it is to be paid for, pinned at the routing
struct Seat {
    address server;
    uint80 price;
    SeatState state;
}

/// @notice A request. Times in seconds; those that are not known yet are zero.
/// @param terms number of the model's terms, pinned
/// @param operatorsPart the servers' part of what is paid, ten-thousandths, pinned
/// @param provable the chain had the version's code when it was asked: a wrong answer is slashed
/// @param blockNumber where `Requested`, with the input, is logged
/// @param seedBlock the block whose hash draws; zero where nothing is drawn
/// @param cost what was taken, base units of the terms' token
struct Request {
    address model;
    address requester;
    address refundTo;
    address receiver;
    uint32 receiverGas;
    bytes32 version;
    bytes32 inputHash;
    uint16 terms;
    uint16 operatorsPart;
    Status status;
    bool provable;
    bool delivered;
    uint8 sealedCount;
    uint8 revealedCount;
    uint64 blockNumber;
    uint64 seedBlock;
    uint64 requestedAt;
    uint64 routedAt;
    uint64 sealBy;
    uint64 revealBy;
    uint64 slashableUntil;
    uint256 cost;
}
