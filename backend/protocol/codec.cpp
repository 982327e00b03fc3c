#include "backend/protocol/codec.h"

#include "backend/protocol/consistency.h"
#include "backend/protocol/error.h"
#include "backend/protocol/fields.h"
#include "backend/protocol/typed_array.h"

#include <QCborArray>
#include <QCborMap>
#include <QtEndian>

namespace assay::protocol {

namespace {

QString qString(const std::string& text)
{
    return QString::fromUtf8(text.data(), qsizetype(text.size()));
}

/// Writes the fields of one value into a map. Empty containers and strings are left out: the decoder's
/// defaults say the same, and most layers use few of their vectors.
class Encoder
{
public:
    QCborMap map;

    void operator()(const char* key, const std::string& v)
    {
        if (!v.empty())
            put(key, qString(v));
    }
    void operator()(const char* key, bool v) { put(key, v); }
    void operator()(const char* key, int v) { put(key, qint64(v)); }
    void operator()(const char* key, std::uint32_t v) { put(key, qint64(v)); }
    void operator()(const char* key, std::uint64_t v) { put(key, qint64(v)); }
    void operator()(const char* key, std::int64_t v) { put(key, qint64(v)); }
    void operator()(const char* key, double v) { put(key, v); }
    void operator()(const char* key, const std::optional<double>& v)
    {
        if (v)
            put(key, *v);
    }
    void operator()(const char* key, const Json& v)
    {
        if (!v.is_null())
            put(key, qString(v.dump(-1, ' ', false, Json::error_handler_t::replace)));
    }
    void operator()(const char* key, const RunSpec& v) { (*this)(key, toJson(v)); }
    void operator()(const char* key, const std::vector<std::uint8_t>& v)
    {
        if (!v.empty())
            put(key, QByteArray(reinterpret_cast<const char*>(v.data()), qsizetype(v.size())));
    }
    void operator()(const char* key, const std::vector<std::string>& v)
    {
        if (v.empty())
            return;
        QCborArray array;
        for (const std::string& text : v)
            array.append(qString(text));
        put(key, array);
    }
    template <class T>
    requires requires { TypedArrayTag<T>::value; }
    void operator()(const char* key, const std::vector<T>& v)
    {
        if (!v.empty())
            put(key, typedArray(v));
    }
    template <class E>
    requires std::is_enum_v<E>
    void operator()(const char* key, E v, E /*last*/) { put(key, qint64(v)); }
    template <class T>
    requires requires(Encoder& e, T& t) { fields::visit(e, t); }
    void operator()(const char* key, T& v) { put(key, nested(v)); }
    template <class T>
    requires requires(Encoder& e, T& t) { fields::visit(e, t); }
    void operator()(const char* key, std::vector<T>& v)
    {
        QCborArray array;
        for (T& item : v)
            array.append(nested(item));
        put(key, array);
    }
    void operator()(const char* key, Event& v) { put(key, ofVariant(v)); }

    template <class Variant>
    static QCborMap ofVariant(Variant& variant)
    {
        return std::visit(
            [](auto& value) {
                Encoder encoder;
                encoder.put("t", QLatin1String(fields::kindName<std::remove_cvref_t<decltype(value)>>()));
                fields::visit(encoder, value);
                return std::move(encoder.map);
            },
            variant);
    }

private:
    template <class T>
    void put(const char* key, T&& value)
    {
        map[QLatin1String(key)] = std::forward<T>(value);
    }
    template <class T>
    static QCborMap nested(T& value)
    {
        Encoder encoder;
        fields::visit(encoder, value);
        return std::move(encoder.map);
    }
};

/// Reads the fields of one value from a map; absent ones keep their defaults.
class Decoder
{
public:
    Decoder(const QCborMap& map, std::string where)
        : m_map(map)
        , m_where(std::move(where))
    {}

    void operator()(const char* key, std::string& v)
    {
        if (const auto value = get(key))
            v = require(value->isString(), key, *value).toString().toStdString();
    }
    void operator()(const char* key, bool& v)
    {
        if (const auto value = get(key))
            v = require(value->isBool(), key, *value).toBool();
    }
    void operator()(const char* key, int& v) { integer(key, v); }
    void operator()(const char* key, std::uint32_t& v) { integer(key, v); }
    void operator()(const char* key, std::uint64_t& v) { integer(key, v); }
    void operator()(const char* key, std::int64_t& v) { integer(key, v); }
    void operator()(const char* key, double& v)
    {
        if (const auto value = get(key))
            v = require(value->isDouble() || value->isInteger(), key, *value).toDouble();
    }
    void operator()(const char* key, std::optional<double>& v)
    {
        if (get(key)) {
            double number = 0;
            (*this)(key, number);
            v = number;
        }
    }
    void operator()(const char* key, Json& v)
    {
        std::string text;
        (*this)(key, text);
        v = text.empty() ? Json() : parseJson(text, m_where + "." + key);
    }
    void operator()(const char* key, RunSpec& v)
    {
        Json json;
        (*this)(key, json);
        if (!json.is_null())
            v = specFromJson(json, m_where + "." + key);
    }
    void operator()(const char* key, std::vector<std::uint8_t>& v)
    {
        if (const auto value = get(key)) {
            const QByteArray bytes = require(value->isByteArray(), key, *value).toByteArray();
            v.assign(bytes.begin(), bytes.end());
        }
    }
    void operator()(const char* key, std::vector<std::string>& v)
    {
        const auto value = get(key);
        if (!value)
            return;
        v.clear();
        for (const QCborValue& item : require(value->isArray(), key, *value).toArray())
            v.push_back(require(item.isString(), key, item).toString().toStdString());
    }
    template <class T>
    requires requires { TypedArrayTag<T>::value; }
    void operator()(const char* key, std::vector<T>& v)
    {
        if (const auto value = get(key); value && !fromTypedArray(*value, v))
            wrong(key);
    }
    template <class E>
    requires std::is_enum_v<E>
    void operator()(const char* key, E& v, E last)
    {
        if (!get(key))
            return;
        int number = 0;
        integer(key, number);
        if (number < 0 || number > int(last))
            wrong(key);
        v = E(number);
    }
    template <class T>
    requires requires(Decoder& d, T& t) { fields::visit(d, t); }
    void operator()(const char* key, T& v)
    {
        if (const auto value = get(key))
            nested(key, *value, v);
    }
    template <class T>
    requires requires(Decoder& d, T& t) { fields::visit(d, t); }
    void operator()(const char* key, std::vector<T>& v)
    {
        const auto value = get(key);
        if (!value)
            return;
        v.clear();
        for (const QCborValue& item : require(value->isArray(), key, *value).toArray())
            nested(key, item, v.emplace_back());
    }
    void operator()(const char* key, Event& v)
    {
        const auto value = get(key);
        if (!value || !value->isMap())
            wrong(key);
        auto event = toVariant<Event>(value->toMap());
        if (!event)
            throw UnknownKind{};
        v = std::move(*event);
    }

    /// An event of a kind this version does not know, inside a message of a kind it does.
    struct UnknownKind
    {};

    template <class Variant>
    static std::optional<Variant> toVariant(const QCborMap& map)
    {
        const QCborValue kind = map.value(QLatin1String("t"));
        if (!kind.isString())
            throw Error("the frame does not say its kind", "event stream");
        return pick<Variant>(kind.toString(), map, std::make_index_sequence<std::variant_size_v<Variant>>());
    }

private:
    std::optional<QCborValue> get(const char* key) const
    {
        const QCborValue value = m_map.value(QLatin1String(key));
        if (value.isUndefined())
            return std::nullopt;
        return value;
    }
    [[noreturn]] void wrong(const char* key) const
    {
        throw Error(std::string("field '") + key + "' has a value of the wrong type or range", m_where);
    }
    const QCborValue& require(bool ok, const char* key, const QCborValue& value) const
    {
        if (!ok)
            wrong(key);
        return value;
    }
    template <class T>
    void integer(const char* key, T& v) const
    {
        const auto value = get(key);
        if (!value)
            return;
        const qint64 number = require(value->isInteger(), key, *value).toInteger();
        v = static_cast<T>(number);
        if (static_cast<qint64>(v) != number)
            wrong(key);
    }
    template <class T>
    void nested(const char* key, const QCborValue& value, T& v) const
    {
        require(value.isMap(), key, value);
        const QCborMap map = value.toMap();
        Decoder decoder(map, m_where + "." + key);
        fields::visit(decoder, v);
    }
    template <class Variant, std::size_t... I>
    static std::optional<Variant> pick(const QString& kind, const QCborMap& map, std::index_sequence<I...>)
    {
        std::optional<Variant> result;
        const auto tryOne = [&]<class T>(std::type_identity<T>) {
            if (kind != QLatin1String(fields::kindName<T>()))
                return false;
            T value;
            Decoder decoder(map, fields::kindName<T>());
            fields::visit(decoder, value);
            if constexpr (requires { checkConsistent(value); })
                checkConsistent(value);
            result.emplace(std::move(value));
            return true;
        };
        (void)(tryOne(std::type_identity<std::variant_alternative_t<I, Variant>>{}) || ...);
        return result;
    }

    const QCborMap& m_map;
    std::string m_where;
};

template <class Variant>
QByteArray frameOf(const Variant& value)
{
    // visit() takes a mutable reference because the decoder shares it; the encoder only reads.
    const QByteArray payload = QCborValue(Encoder::ofVariant(const_cast<Variant&>(value))).toCbor();
    if (payload.size() > qsizetype(kMaxFrameBytes))
        throw Error("a frame of " + std::to_string(payload.size()) +
                        " bytes is longer than the 64 MiB allowed",
                    "protocol");
    QByteArray frame(4, Qt::Uninitialized);
    qToLittleEndian(quint32(payload.size()), frame.data());
    frame.append(payload);
    return frame;
}

template <class Variant>
std::optional<Variant> decode(std::span<const std::uint8_t> payload)
{
    const QByteArray bytes =
        QByteArray::fromRawData(reinterpret_cast<const char*>(payload.data()), qsizetype(payload.size()));
    QCborParserError problem;
    const QCborValue value = QCborValue::fromCbor(bytes, &problem);
    if (problem.error != QCborError::NoError || !value.isMap())
        throw Error("the frame is not valid CBOR: " + problem.errorString().toStdString(), "event stream");
    try {
        return Decoder::toVariant<Variant>(value.toMap());
    } catch (const Decoder::UnknownKind&) {
        return std::nullopt;
    }
}

} // namespace

QByteArray encodeFrame(const Message& message)
{
    return frameOf(message);
}

QByteArray encodeFrame(const Event& event)
{
    return frameOf(event);
}

std::optional<Message> decodeMessage(std::span<const std::uint8_t> payload)
{
    return decode<Message>(payload);
}

std::optional<Event> decodeEvent(std::span<const std::uint8_t> payload)
{
    return decode<Event>(payload);
}

void FrameReader::feed(const char* data, qsizetype size)
{
    if (m_position > 0 && m_position == m_buffer.size()) {
        m_buffer.clear();
        m_position = 0;
    } else if (m_position > (1 << 20)) {
        m_buffer.remove(0, m_position);
        m_position = 0;
    }
    m_buffer.append(data, size);
}

std::optional<std::span<const std::uint8_t>> FrameReader::next()
{
    if (pending() < 4)
        return std::nullopt;
    const quint32 length = qFromLittleEndian<quint32>(m_buffer.constData() + m_position);
    if (length > kMaxFrameBytes)
        throw Error("a frame announces " + std::to_string(length) + " bytes, more than the 64 MiB allowed",
                    "event stream");
    if (pending() < 4 + qsizetype(length))
        return std::nullopt;
    const auto* begin = reinterpret_cast<const std::uint8_t*>(m_buffer.constData()) + m_position + 4;
    m_position += 4 + qsizetype(length);
    m_consumed += 4 + qint64(length);
    return std::span<const std::uint8_t>(begin, length);
}

} // namespace assay::protocol
