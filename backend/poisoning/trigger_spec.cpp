#include "backend/poisoning/trigger.h"
#include "backend/protocol/error.h"
#include "backend/protocol/nearest.h"
#include "backend/protocol/spec_reader.h"

#include <algorithm>

namespace assay::poisoning {

namespace {

constexpr std::int64_t kMaxOwnSide = 512;

bool same(const torch::Tensor& a, const torch::Tensor& b)
{
    return a.defined() == b.defined() && (!a.defined() || torch::equal(a, b));
}

/// [C,h,w] of lists of lists of lists.
Json bytesJson(const torch::Tensor& pixels)
{
    Json planes = Json::array();
    const torch::Tensor values = pixels.to(torch::kCPU, torch::kUInt8).contiguous();
    const auto at = values.accessor<std::uint8_t, 3>();
    for (std::int64_t c = 0; c < values.size(0); ++c) {
        Json rows = Json::array();
        for (std::int64_t y = 0; y < values.size(1); ++y) {
            Json row = Json::array();
            for (std::int64_t x = 0; x < values.size(2); ++x)
                row.push_back(static_cast<int>(at[c][y][x]));
            rows.push_back(std::move(row));
        }
        planes.push_back(std::move(rows));
    }
    return planes;
}

torch::Tensor bytesFrom(const Json& json, const char* key, const std::string& where)
{
    const auto fail = [&]() -> void {
        throw Error("'" + std::string(key) + "' must be 1 or 3 planes of rows of whole numbers 0 to 255",
                    where);
    };
    const auto sized = [](const Json& list, std::size_t least, std::size_t most) {
        return list.is_array() && list.size() >= least && list.size() <= most;
    };
    if (!sized(json, 1, 3) || json.size() == 2 || !sized(json[0], 1, kMaxOwnSide) ||
        !sized(json[0][0], 1, kMaxOwnSide))
        fail();
    const std::size_t rows = json[0].size(), columns = json[0][0].size();
    torch::Tensor out = torch::empty({static_cast<std::int64_t>(json.size()), static_cast<std::int64_t>(rows),
                                      static_cast<std::int64_t>(columns)},
                                     torch::kUInt8);
    std::uint8_t* to = out.data_ptr<std::uint8_t>();
    for (const Json& plane : json) {
        if (!sized(plane, rows, rows))
            fail();
        for (const Json& row : plane) {
            if (!sized(row, columns, columns))
                fail();
            for (const Json& value : row) {
                if (!value.is_number_integer() || value < 0 || value > 255)
                    fail();
                *to++ = value.get<std::uint8_t>();
            }
        }
    }
    return out;
}

} // namespace

const std::vector<std::string>& triggerKindNames()
{
    static const std::vector<std::string> names = {"patch", "blended", "sinusoidal", "warp"};
    return names;
}

const char* triggerKindName(TriggerKind kind)
{
    return triggerKindNames()[static_cast<std::size_t>(kind)].c_str();
}

TriggerKind triggerKindFromName(const std::string& name)
{
    const auto& names = triggerKindNames();
    const auto found = std::ranges::find(names, name);
    if (found == names.end())
        throw Error("there is no trigger '" + name + "'", "trigger", protocol::suggestion(name, names));
    return static_cast<TriggerKind>(found - names.begin());
}

const std::vector<std::string>& triggerPatternNames()
{
    static const std::vector<std::string> names = {"white", "black", "checkerboard", "noise", "own"};
    return names;
}

bool TriggerSpec::operator==(const TriggerSpec& o) const
{
    return kind == o.kind && pattern == o.pattern && x == o.x && y == o.y && size == o.size &&
           opacity == o.opacity && amplitude == o.amplitude && frequency == o.frequency && grid == o.grid &&
           strength == o.strength && seed == o.seed && same(pixels, o.pixels) && same(mask, o.mask);
}

Json toJson(const TriggerSpec& s)
{
    Json json = {{"kind", triggerKindName(s.kind)},
                 {"pattern", s.pattern},
                 {"x", s.x},
                 {"y", s.y},
                 {"size", s.size},
                 {"opacity", s.opacity},
                 {"amplitude", s.amplitude},
                 {"frequency", s.frequency},
                 {"grid", s.grid},
                 {"strength", s.strength},
                 {"seed", s.seed}};
    if (s.pixels.defined())
        json["pixels"] = bytesJson(s.pixels);
    if (s.mask.defined())
        json["mask"] = bytesJson(s.mask);
    return json;
}

TriggerSpec triggerFromJson(const Json& json, const std::string& where)
{
    protocol::SpecReader reader(json, where, "a trigger");
    TriggerSpec s;
    std::string kind = triggerKindName(s.kind);
    reader.text("kind", kind);
    s.kind = triggerKindFromName(kind);
    reader.text("pattern", s.pattern);
    reader.number("x", s.x);
    reader.number("y", s.y);
    reader.number("size", s.size);
    reader.number("opacity", s.opacity);
    reader.number("amplitude", s.amplitude);
    reader.number("frequency", s.frequency);
    reader.number("grid", s.grid);
    reader.number("strength", s.strength);
    reader.number("seed", s.seed);
    if (const Json* pixels = reader.value("pixels"))
        s.pixels = bytesFrom(*pixels, "pixels", where);
    if (const Json* mask = reader.value("mask"))
        s.mask = bytesFrom(*mask, "mask", where);
    reader.finish();
    return s;
}

} // namespace assay::poisoning
