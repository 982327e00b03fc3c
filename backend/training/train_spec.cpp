#include "backend/training/trainer.h"

#include "backend/protocol/spec_reader.h"

namespace assay::training {

using protocol::require;

namespace {

constexpr int kMaxEpochs = 10000;
constexpr int kMaxBatch = 100000;
constexpr int kMaxShift = 64;

/// By their numbers.
constexpr std::array<const char*, 2> kScheduleNames = {"linear", "cosine"};
constexpr std::array<const char*, 2> kOptimiserNames = {"sgd", "adam"};

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
    Json json = {{"epochs", s.epochs},
                 {"batch", s.batch},
                 {"learning_rate", s.learningRate},
                 {"momentum", s.momentum},
                 {"weight_decay", s.weightDecay},
                 {"label_smoothing", s.labelSmoothing},
                 {"schedule", kScheduleNames[static_cast<std::size_t>(s.schedule)]},
                 {"flip", s.flip},
                 {"shift", s.shift},
                 {"fill", s.fill},
                 {"init_seed", s.initSeed},
                 {"order_seed", s.orderSeed},
                 {"train_count", s.trainCount},
                 {"initialise", s.initialise}};
    if (s.optimiser != Optimiser::Sgd)
        json["optimiser"] = kOptimiserNames[static_cast<std::size_t>(s.optimiser)];
    return json;
}

TrainSpec trainSpecFromJson(const Json& json, const std::string& where)
{
    protocol::SpecReader reader(json, where, "a training recipe");
    TrainSpec s;
    reader.number("epochs", s.epochs);
    reader.number("batch", s.batch);
    reader.number("learning_rate", s.learningRate);
    reader.number("momentum", s.momentum);
    reader.number("weight_decay", s.weightDecay);
    reader.number("label_smoothing", s.labelSmoothing);
    reader.choice("schedule", s.schedule, kScheduleNames);
    reader.flag("flip", s.flip);
    reader.number("shift", s.shift);
    reader.number("fill", s.fill);
    reader.number("init_seed", s.initSeed);
    reader.number("order_seed", s.orderSeed);
    reader.number("train_count", s.trainCount);
    reader.flag("initialise", s.initialise);
    reader.choice("optimiser", s.optimiser, kOptimiserNames);
    reader.finish();
    checkSpec(s, where);
    return s;
}

} // namespace assay::training
