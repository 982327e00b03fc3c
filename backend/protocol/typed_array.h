#pragma once

#include <QByteArray>
#include <QCborValue>

#include <cstdint>
#include <cstring>
#include <vector>

// RFC 8746 typed arrays: a tag that names element type and byte order, over a byte string. Only the
// little-endian forms are written; both programs of this project run on little-endian machines.

namespace assay::protocol {

template <class T>
struct TypedArrayTag;
template <>
struct TypedArrayTag<std::uint32_t>
{
    static constexpr quint64 value = 70;
};
template <>
struct TypedArrayTag<std::int32_t>
{
    static constexpr quint64 value = 78;
};
template <>
struct TypedArrayTag<std::int64_t>
{
    static constexpr quint64 value = 79;
};
template <>
struct TypedArrayTag<float>
{
    static constexpr quint64 value = 85;
};
template <>
struct TypedArrayTag<double>
{
    static constexpr quint64 value = 86;
};

template <class T>
QCborValue typedArray(const std::vector<T>& values)
{
    return QCborValue(
        QCborTag(TypedArrayTag<T>::value),
        QByteArray(reinterpret_cast<const char*>(values.data()), qsizetype(values.size() * sizeof(T))));
}

/// @returns false when @p value is not such an array.
template <class T>
bool fromTypedArray(const QCborValue& value, std::vector<T>& out)
{
    if (!value.isTag() || quint64(value.tag()) != TypedArrayTag<T>::value ||
        !value.taggedValue().isByteArray())
        return false;
    const QByteArray bytes = value.taggedValue().toByteArray();
    if (bytes.size() % qsizetype(sizeof(T)) != 0)
        return false;
    out.resize(std::size_t(bytes.size()) / sizeof(T));
    if (!out.empty())
        std::memcpy(out.data(), bytes.constData(), std::size_t(bytes.size()));
    return true;
}

} // namespace assay::protocol
