// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice A network of layers as it is usually written: weights in storage, one word each, two loops. For comparison.
contract NaiveLayers {
    int256[][][] private _weights;
    int256[][] private _biases;
    uint256[] private _shifts;

    function addLayer(uint256 shift) external {
        _weights.push();
        _biases.push();
        _shifts.push(shift);
    }

    function addUnit(int256[] calldata weights, int256 bias) external {
        _weights[_weights.length - 1].push(weights);
        _biases[_biases.length - 1].push(bias);
    }

    function outputs(int256[] memory values) public view returns (int256[] memory) {
        uint256 layers = _weights.length;
        for (uint256 l = 0; l < layers; ++l) {
            int256[] memory sums = new int256[](_weights[l].length);
            for (uint256 j = 0; j < sums.length; ++j) {
                int256 sum = _biases[l][j];
                for (uint256 i = 0; i < values.length; ++i) {
                    sum += _weights[l][j][i] * values[i];
                }
                if (l + 1 < layers && sum < 0) sum = 0;
                sums[j] = sum >> _shifts[l];
            }
            values = sums;
        }
        return values;
    }

    function argmax(int256[] calldata codes) external view returns (uint256 best) {
        int256[] memory values = outputs(codes);
        for (uint256 j = 1; j < values.length; ++j) {
            if (values[j] > values[best]) best = j;
        }
    }
}

/// @notice Trees as they are usually written: nodes in storage, a loop down each tree. For comparison.
contract NaiveTrees {
    struct Node {
        uint256 feature;
        uint256 cut;
        int256 left;
        int256 right;
    }

    Node[][] private _nodes;
    int256[][] private _leaves;

    function addTree(Node[] calldata nodes, int256[] calldata leaves) external {
        _nodes.push();
        for (uint256 k = 0; k < nodes.length; ++k) {
            _nodes[_nodes.length - 1].push(nodes[k]);
        }
        _leaves.push(leaves);
    }

    function sum(uint256[] calldata codes) external view returns (int256 total) {
        for (uint256 t = 0; t < _nodes.length; ++t) {
            int256 at = 0;
            while (at >= 0) {
                // forge-lint: disable-next-line(unsafe-typecast) -- not negative in this loop
                Node storage node = _nodes[t][uint256(at)];
                at = codes[node.feature] >= node.cut ? node.right : node.left;
            }
            // forge-lint: disable-next-line(unsafe-typecast) -- negative after the loop
            total += _leaves[t][uint256(-1 - at)];
        }
    }
}
