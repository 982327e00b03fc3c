#pragma once

#include "backend/protocol/message.h"

#include <QByteArray>

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace assay::protocol {

// Frame: four bytes little-endian payload length, then one CBOR item (RFC 8949). The payload is a map
// {"t": kind, ...fields}. Numeric arrays are tagged typed arrays (RFC 8746, little-endian), byte strings
// are raw. The same frames go over the pipe and into events.cbor.

/// Longest payload either side accepts. Producers split larger image grids.
inline constexpr std::uint32_t kMaxFrameBytes = 64u << 20;

QByteArray encodeFrame(const Message& message);
/// An events.cbor frame: the bare event, without run id and sequence.
QByteArray encodeFrame(const Event& event);

/// Decodes one payload (without its length). Never crashes, never allocates more than a small multiple of
/// the payload. nullopt: a well-formed message of a kind this version does not know, to be skipped.
/// @throws Error saying which field is wrong.
std::optional<Message> decodeMessage(std::span<const std::uint8_t> payload);
std::optional<Event> decodeEvent(std::span<const std::uint8_t> payload);

/// Cuts a byte stream into frames.
class FrameReader
{
public:
    /// Appends what arrived.
    void feed(const QByteArray& bytes) { feed(bytes.constData(), bytes.size()); }
    void feed(const char* data, qsizetype size);
    /// @returns the next payload, or nullopt when more bytes are needed. The span lives until the next call.
    /// @throws Error when a frame announces more than kMaxFrameBytes; the stream is then lost.
    std::optional<std::span<const std::uint8_t>> next();
    /// Bytes held that make no whole frame yet: at the end of a file, a torn tail.
    qsizetype pending() const { return m_buffer.size() - m_position; }
    /// Bytes of whole frames returned so far.
    qint64 consumed() const { return m_consumed; }

private:
    QByteArray m_buffer;
    qsizetype m_position = 0;
    qint64 m_consumed = 0;
};

} // namespace assay::protocol
