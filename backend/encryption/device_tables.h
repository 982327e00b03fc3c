#pragma once

#include "backend/encryption/cipher_tables.h"

#include <torch/types.h>

#include <mutex>
#include <optional>

namespace assay::encryption {

/// One direction of a cipher's tables as tensors of one device, and what is done with them there by plain
/// operators. Images are [n, values].
class DeviceMoves
{
public:
    DeviceMoves(const Moves& moves, torch::Device device);
    torch::Tensor bytes(const torch::Tensor& images) const; ///< uint8
    /// float32 in [0,1]: inverted values are 1 - v; of a @p slope -v.
    torch::Tensor units(const torch::Tensor& images, bool slope) const;

private:
    torch::Tensor moved(const torch::Tensor& images) const;

    torch::Tensor m_source; ///< int64 [values]; undefined: the identity
    torch::Tensor m_mask;   ///< uint8 [values]
    torch::Tensor m_sign;   ///< float32 [values], 1 or -1
    torch::Tensor m_offset; ///< float32 [values], 0 or 1
};

class DeviceNibbles
{
public:
    DeviceNibbles(const NibbleMoves& moves, torch::Device device);
    torch::Tensor bytes(const torch::Tensor& images) const; ///< uint8

private:
    torch::Tensor m_source; ///< int64 [2 values] in the low nibbles, then the high ones
    torch::Tensor m_mask;   ///< uint8 [values]
};

class DeviceDigits
{
public:
    DeviceDigits(const CipherTables& tables, torch::Device device);
    torch::Tensor forward(const torch::Tensor& images) const; ///< uint8 to int16
    torch::Tensor back(const torch::Tensor& encrypted) const; ///< int16 to uint8

private:
    torch::Tensor m_coded;   ///< bool [values]
    torch::Tensor m_forward; ///< int16 [256]
    torch::Tensor m_inverse; ///< int16 [1000]
};

/// All that a scheme needs on one device.
struct DeviceTables
{
    DeviceTables(const CipherTables& tables, torch::Device where);

    torch::Device device;
    std::optional<DeviceMoves> moves, back;
    std::optional<DeviceNibbles> halves, backs;
    std::optional<DeviceDigits> digits;
};

/// Keeps the tables of the device asked for last: they cross to it once.
class DeviceTableCache
{
public:
    std::shared_ptr<const DeviceTables> on(torch::Device device, const CipherTables& tables) const;

private:
    mutable std::mutex m_guard; ///< of m_last
    mutable std::shared_ptr<const DeviceTables> m_last;
};

} // namespace assay::encryption
