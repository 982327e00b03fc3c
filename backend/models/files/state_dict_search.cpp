#include "backend/models/files/state_dict_search.h"

#include "backend/models/files/printable.h"
#include "backend/protocol/error.h"

#include <algorithm>
#include <map>

namespace assay::models {

namespace {

using Kind = PickleValue::Kind;

constexpr int kMaxDepth = 4;
constexpr std::size_t kNamesShown = 8;
constexpr std::string_view kUsualNames[] = {
    "state_dict",     "model_state_dict", "model_state", "model",  "net",
    "network",        "module",           "weights",     "params", "classifier_state_dict",
    "net_state_dict", "checkpoint",       "state",
};

std::string listedKeys(const std::vector<std::string_view>& names)
{
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), kNamesShown); ++i)
        text += (i == 0 ? "" : ", ") + printable(names[i]);
    if (names.size() > kNamesShown)
        text += " and " + std::to_string(names.size() - kNamesShown) + " more";
    return text;
}

/// Calls back with each text key and its value.
template <class Visit>
void eachEntry(const PickleValue& dict, Visit visit)
{
    const std::vector<PickleValue>& items = dict.node->items;
    for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
        if (items[i].is(Kind::Text))
            visit(items[i].text, items[i + 1]);
    }
}

/// Whether a dict has tensors itself, by text keys.
bool holdsTensors(const PickleValue& value)
{
    if (!value.is(Kind::Dict))
        return false;
    bool found = false;
    eachEntry(value,
              [&](std::string_view, const PickleValue& item) { found = found || item.is(Kind::Tensor); });
    return found;
}

class Search
{
public:
    explicit Search(const std::string& where)
        : m_where(where)
    {}

    const PickleValue& descend(const PickleValue& from, int depth = 0)
    {
        if (holdsTensors(from) || depth == kMaxDepth)
            return from;
        const PickleValue* next = from.is(Kind::Dict) ? usual(from) : nullptr;
        if (!next && from.is(Kind::Dict))
            next = only(from);
        return next ? descend(*next, depth + 1) : from;
    }

    /// "'checkpoint', 'model'", or empty.
    const std::string& path() const { return m_path; }
    const std::vector<std::string_view>& leftOut() const { return m_leftOut; }

private:
    const PickleValue* usual(const PickleValue& dict)
    {
        for (const std::string_view name : kUsualNames) {
            const PickleValue* value = pickleFind(dict, name);
            if (value && value->is(Kind::Dict))
                return take(dict, name, *value);
        }
        return nullptr;
    }

    const PickleValue* only(const PickleValue& dict)
    {
        std::vector<std::string_view> names;
        const PickleValue* found = nullptr;
        eachEntry(dict, [&](std::string_view name, const PickleValue& value) {
            if (!holdsTensors(value))
                return;
            names.push_back(name);
            found = &value;
        });
        if (names.size() > 1)
            throw Error("holds several dicts of tensors: " + listedKeys(names), m_where,
                        "Save only the one with the weights: torch.save(model.state_dict(), file)");
        return found ? take(dict, names[0], *found) : nullptr;
    }

    const PickleValue* take(const PickleValue& dict, std::string_view name, const PickleValue& value)
    {
        m_path += (m_path.empty() ? "'" : ", '") + printable(name) + "'";
        eachEntry(dict, [&](std::string_view other, const PickleValue&) {
            if (other != name && m_leftOut.size() < 1000)
                m_leftOut.push_back(other);
        });
        return &value;
    }

    const std::string& m_where;
    std::string m_path;
    std::vector<std::string_view> m_leftOut;
};

} // namespace

FoundStateDict findStateDict(const Pickle& pickle, const std::string& where)
{
    Search search(where);
    const PickleValue& dict = search.descend(pickle.root);
    if (!holdsTensors(dict))
        throw Error("holds no dict of tensors by name", where,
                    "Save the weights: torch.save(model.state_dict(), file)");

    FoundStateDict result;
    std::vector<std::string_view> others;
    std::map<std::string_view, std::size_t> places;
    eachEntry(dict, [&](std::string_view name, const PickleValue& value) {
        if (!value.is(Kind::Tensor)) {
            others.push_back(name);
            return;
        }
        const auto tensor = static_cast<std::size_t>(value.integer);
        const auto [place, fresh] = places.emplace(name, result.tensors.size());
        if (fresh)
            result.tensors.emplace_back(name, tensor);
        else
            result.tensors[place->second].second = tensor; // as in Python, the last one counts
    });

    using Level = protocol::Finding::Level;
    if (!search.path().empty())
        result.findings.push_back(
            {Level::Info,
             "The weights are those under " + search.path() + " of the file" +
                 (search.leftOut().empty() ? "." : "; left out: " + listedKeys(search.leftOut()) + ".")});
    if (!others.empty())
        result.findings.push_back(
            {Level::Info,
             "Entries beside the weights that are no tensors were left out: " + listedKeys(others) + "."});
    return result;
}

} // namespace assay::models
