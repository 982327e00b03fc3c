#pragma once

#include "backend/protocol/error.h"
#include "backend/protocol/schema.h"

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

// A study's parameters are a plain struct and ONE function that both describes and reads them:
//
//     struct Params { ModelRef source; std::vector<double> eps = {0.5, 1, 2}; int steps = 10; };
//     template <class V> void visit(V& v, Params& p) {
//         v.field("source", p.source).label("Source model");
//         v.field("eps", p.eps).label("ε").range(0, 10).live();
//         v.field("steps", p.steps).label("Steps").range(1, 1000);
//     }
//
// describe<Params>() makes the schema, with the struct's initial values as defaults;
// readParams<Params>(json) checks and reads a spec; writeParams(p) is its inverse.

namespace assay::protocol {

/// A workspace name or a path; resolved by the engine.
struct ModelRef
{
    std::string name;
    bool operator==(const ModelRef&) const = default;
};
struct DatasetRef
{
    std::string name;
    bool operator==(const DatasetRef&) const = default;
};

namespace detail {

template <class T>
struct ValueTraits;
template <>
struct ValueTraits<bool>
{
    static constexpr FieldType type = FieldType::Bool;
};
template <std::integral T>
struct ValueTraits<T>
{
    static constexpr FieldType type = FieldType::Integer;
};
template <std::floating_point T>
struct ValueTraits<T>
{
    static constexpr FieldType type = FieldType::Real;
};
template <>
struct ValueTraits<std::string>
{
    static constexpr FieldType type = FieldType::Text;
};
template <>
struct ValueTraits<Json> ///< an object of parts, see FieldBuilder::parts()
{
    static constexpr FieldType type = FieldType::Object;
};
template <>
struct ValueTraits<ModelRef>
{
    static constexpr FieldType type = FieldType::Model;
};
template <>
struct ValueTraits<DatasetRef>
{
    static constexpr FieldType type = FieldType::Dataset;
};

template <class T>
struct Unwrapped
{
    using type = T;
    static constexpr bool list = false, optional = false;
};
template <class T>
struct Unwrapped<std::vector<T>>
{
    using type = T;
    static constexpr bool list = true, optional = false;
};
template <class T>
struct Unwrapped<std::optional<T>>
{
    using type = T;
    static constexpr bool list = false, optional = true;
};

template <class T>
Json toValue(const T& v)
{
    if constexpr (std::is_same_v<T, ModelRef> || std::is_same_v<T, DatasetRef>) {
        return v.name;
    } else if constexpr (Unwrapped<T>::list) {
        Json array = Json::array();
        for (const auto& item : v)
            array.push_back(toValue(item));
        return array;
    } else if constexpr (Unwrapped<T>::optional) {
        return v ? toValue(*v) : Json(nullptr);
    } else {
        return v;
    }
}

template <class T>
void fromValue(const Json& json, T& v)
{
    if constexpr (std::is_same_v<T, ModelRef> || std::is_same_v<T, DatasetRef>) {
        v.name = json.get<std::string>();
    } else if constexpr (Unwrapped<T>::list) {
        v.clear();
        for (const auto& item : json) {
            typename Unwrapped<T>::type value{};
            fromValue(item, value);
            v.push_back(std::move(value));
        }
    } else if constexpr (Unwrapped<T>::optional) {
        if (json.is_null()) {
            v.reset();
        } else {
            typename Unwrapped<T>::type value{};
            fromValue(json, value);
            v = std::move(value);
        }
    } else if constexpr (std::is_same_v<T, Json>) {
        v = json;
    } else {
        v = json.get<T>();
    }
}

} // namespace detail

/// Chained description of one field; every call returns itself.
class FieldBuilder
{
public:
    explicit FieldBuilder(Field* field)
        : m_field(field)
    {}
    FieldBuilder& label(std::string v) { return set(&Field::label, std::move(v)); }
    FieldBuilder& help(std::string v) { return set(&Field::help, std::move(v)); }
    FieldBuilder& unit(std::string v) { return set(&Field::unit, std::move(v)); }
    FieldBuilder& group(std::string v) { return set(&Field::group, std::move(v)); }
    FieldBuilder& valuesFrom(std::string field) { return set(&Field::valuesFrom, std::move(field)); }
    FieldBuilder& wants(std::string kind) { return set(&Field::wants, std::move(kind)); }
    FieldBuilder& parts(std::vector<ObjectPart> v) { return set(&Field::parts, std::move(v)); }
    FieldBuilder& partsFrom(std::vector<std::string> fields)
    {
        return set(&Field::partsFrom, std::move(fields));
    }
    FieldBuilder& live() { return set(&Field::live, true); }
    FieldBuilder& advanced() { return set(&Field::advanced, true); }
    FieldBuilder& minItems(std::size_t n) { return set(&Field::minItems, n); }
    FieldBuilder& step(double v) { return set(&Field::step, std::optional<double>(v)); }
    FieldBuilder& range(double low, double high)
    {
        set(&Field::low, std::optional<double>(low));
        return set(&Field::high, std::optional<double>(high));
    }
    FieldBuilder& choices(std::vector<std::string> values, std::vector<std::string> labels = {})
    {
        if (m_field)
            m_field->type = FieldType::Choice;
        set(&Field::choices, std::move(values));
        return set(&Field::choiceLabels, std::move(labels));
    }

private:
    template <class T>
    FieldBuilder& set(T Field::*member, T value)
    {
        if (m_field)
            m_field->*member = std::move(value);
        return *this;
    }
    Field* m_field; ///< null when parameters are read or written: the description is then not needed
};

/// Visitor that builds the schema.
struct Describer
{
    Schema schema;
    template <class T>
    FieldBuilder field(std::string name, T& value)
    {
        using U = detail::Unwrapped<T>;
        Field f;
        f.name = name;
        f.label = std::move(name);
        f.type = detail::ValueTraits<typename U::type>::type;
        f.list = U::list;
        f.optional = U::optional;
        f.defaultValue = detail::toValue(value);
        schema.fields.push_back(std::move(f));
        return FieldBuilder(&schema.fields.back());
    }
};

/// Visitor that reads values which were validated before.
struct Reader
{
    const Json& json;
    template <class T>
    FieldBuilder field(const std::string& name, T& value)
    {
        if (auto it = json.find(name); it != json.end())
            detail::fromValue(*it, value);
        return FieldBuilder(nullptr);
    }
};

/// Visitor that writes values.
struct Writer
{
    Json json = Json::object();
    template <class T>
    FieldBuilder field(const std::string& name, T& value)
    {
        json[name] = detail::toValue(value);
        return FieldBuilder(nullptr);
    }
};

template <class P>
Schema describe()
{
    P p;
    Describer d;
    visit(d, p);
    return std::move(d.schema);
}

/// @throws Error as validated() does.
template <class P>
P readParams(const Json& json, const std::string& where = {})
{
    const Json checked = validated(describe<P>(), json, where);
    P p;
    Reader r{checked};
    visit(r, p);
    return p;
}

template <class P>
Json writeParams(P p)
{
    Writer w;
    visit(w, p);
    return std::move(w.json);
}

} // namespace assay::protocol
