// Written by scripts/write_page_abi.py from andel.typed_data; not to be changed by hand.

/** The domain of what this project's own types sign; chainId and verifyingContract come to it. */
export const domain = {"name": "Andel", "version": "1"} as const;

export const prediction = {
  Prediction: [
    {"name": "model", "type": "address"},
    {"name": "version", "type": "bytes32"},
    {"name": "inputHash", "type": "bytes32"},
    {"name": "outputHash", "type": "bytes32"},
    {"name": "issuedAt", "type": "uint64"},
    {"name": "validUntil", "type": "uint64"},
  ],
} as const;

export const predictionBatch = {
  PredictionBatch: [
    {"name": "model", "type": "address"},
    {"name": "version", "type": "bytes32"},
    {"name": "inputsHash", "type": "bytes32"},
    {"name": "outputsHash", "type": "bytes32"},
    {"name": "issuedAt", "type": "uint64"},
    {"name": "validUntil", "type": "uint64"},
  ],
} as const;

export const passUse = {
  PassUse: [
    {"name": "model", "type": "address"},
    {"name": "holder", "type": "address"},
    {"name": "server", "type": "address"},
    {"name": "until", "type": "uint64"},
  ],
} as const;

export const transferWithAuthorization = {
  TransferWithAuthorization: [
    {"name": "from", "type": "address"},
    {"name": "to", "type": "address"},
    {"name": "value", "type": "uint256"},
    {"name": "validAfter", "type": "uint256"},
    {"name": "validBefore", "type": "uint256"},
    {"name": "nonce", "type": "bytes32"},
  ],
} as const;

export const receiveWithAuthorization = {
  ReceiveWithAuthorization: [
    {"name": "from", "type": "address"},
    {"name": "to", "type": "address"},
    {"name": "value", "type": "uint256"},
    {"name": "validAfter", "type": "uint256"},
    {"name": "validBefore", "type": "uint256"},
    {"name": "nonce", "type": "bytes32"},
  ],
} as const;
