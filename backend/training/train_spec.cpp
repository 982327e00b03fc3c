#include "backend/training/trainer.h"

#include "backend/protocol/error.h"

#include <set>

namespace assay::training {

namespace {

constexpr int kMaxEpochs = 10000;
constexpr int kMaxBatch = 100000;
constexpr int kMaxShift = 64;

const char* scheduleName(Schedule schedule)
{
    return schedule == Schedule::Linear ? "linear" : "cosine";
}

/// Reads keys that are present into the fields; every message names the key.
class SpecReader
{
public:
    SpecReader(const Json& json, std::string where)
        : m_json(json)
        , m_where(std::move(where))
    {
        if (!json.is_object())
            throw Error("a training recipe must be a JSON object", m_where);
    }

    template <class Number>
    void number(const char* key, Number& field)
    {
        const Json* value = find(key);
        if (!value)
            return;
        const bool fits = std::is_floating_point_v<Number> ? value->is_number()
                          : std::is_unsigned_v<Number>     ? value->is_number_unsigned()
                                                           : value->is_number_integer();
        if (!fits)
            fail(key, *value, std::is_floating_point_v<Number> ? "a number" : "an integer");
        field = value->get<Number>();
    }

    void flag(const char* key, bool& field)
    {
        const Json* value = find(key);
        if (value && !value->is_boolean())
            fail(key, *value, "true or false");
        if (value)
            field = value->get<bool>();
    }

    void schedule(const char* key, Schedule& field)
    {
        const Json* value = find(key);
        if (!value)
            return;
        if (*value != "linear" && *value != "cosine")
            fail(key, *value, "\"linear\" or \"cosine\"");
        field = *value == "linear" ? Schedule::Linear : Schedule::Cosine;
    }

    void finish() const
    {
        for (const auto& [key, unused] : m_json.items()) {
            if (!m_known.contains(key))
                throw Error("a training recipe has no field '" + key + "'", m_where);
        }
    }

private:
    const Json* find(const char* key)
    {
        m_known.insert(key);
        const auto it = m_json.find(key);
        return it == m_json.end() ? nullptr : &*it;
    }

    [[noreturn]] void fail(const char* key, const Json& value, const char* expected) const
    {
        throw Error("'" + std::string(key) + "' is " + value.dump() + "; it must be " + expected, m_where);
    }

    const Json& m_json;
    std::string m_where;
    std::set<std::string> m_known;
};

void require(bool holds, const char* key, double value, const char* range, const std::string& where)
{
    if (holds)
        return;
    throw Error("'" + std::string(key) + "' is " + Json(value).dump() + "; it must be " + range, where);
}

} // namespace

void checkSpec(const TrainSpec& s, const std::string& where)
{
    require(s.epochs >= 1 && s.epochs <= kMaxEpochs, "epochs", s.epochs, "from 1 to 10000", where);
    require(s.batch >= 1 && s.batch <= kMaxBatch, "batch", s.batch, "from 1 to 100000", where);
    require(s.learningRate > 0 && s.learningRate <= 100, "learning_rate", s.learningRate, "in (0, 100]",
            where);
    require(s.momentum >= 0 && s.momentum < 1, "momentum", s.momentum, "in [0, 1)", where);
    require(s.weightDecay >= 0 && s.weightDecay <= 1, "weight_decay", s.weightDecay, "in [0, 1]", where);
    require(s.labelSmoothing >= 0 && s.labelSmoothing < 1, "label_smoothing", s.labelSmoothing, "in [0, 1)",
            where);
    require(s.shift >= 0 && s.shift <= kMaxShift, "shift", s.shift, "from 0 to 64", where);
    require(s.fill >= 0 && s.fill <= 1, "fill", s.fill, "in [0, 1]", where);
    require(s.trainCount >= 0, "train_count", static_cast<double>(s.trainCount), "at least 0", where);
}

Json toJson(const TrainSpec& s)
{
    return {{"epochs", s.epochs},
            {"batch", s.batch},
            {"learning_rate", s.learningRate},
            {"momentum", s.momentum},
            {"weight_decay", s.weightDecay},
            {"label_smoothing", s.labelSmoothing},
            {"schedule", scheduleName(s.schedule)},
            {"flip", s.flip},
            {"shift", s.shift},
            {"fill", s.fill},
            {"init_seed", s.initSeed},
            {"order_seed", s.orderSeed},
            {"train_count", s.trainCount},
            {"initialise", s.initialise}};
}

TrainSpec trainSpecFromJson(const Json& json, const std::string& where)
{
    SpecReader reader(json, where);
    TrainSpec s;
    reader.number("epochs", s.epochs);
    reader.number("batch", s.batch);
    reader.number("learning_rate", s.learningRate);
    reader.number("momentum", s.momentum);
    reader.number("weight_decay", s.weightDecay);
    reader.number("label_smoothing", s.labelSmoothing);
    reader.schedule("schedule", s.schedule);
    reader.flag("flip", s.flip);
    reader.number("shift", s.shift);
    reader.number("fill", s.fill);
    reader.number("init_seed", s.initSeed);
    reader.number("order_seed", s.orderSeed);
    reader.number("train_count", s.trainCount);
    reader.flag("initialise", s.initialise);
    reader.finish();
    checkSpec(s, where);
    return s;
}

} // namespace assay::training
