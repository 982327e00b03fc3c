#include "backend/training/detector_trainer.h"

#include "backend/protocol/spec_reader.h"

namespace assay::training {

using protocol::require;

void checkSpec(const DetectorSpec& s, const std::string& where)
{
    require(s.epochs >= 1 && s.epochs <= 10000, "epochs", s.epochs, "from 1 to 10000", where);
    require(s.batch >= 1 && s.batch <= 100000, "batch", s.batch, "from 1 to 100000", where);
    require(s.learningRate > 0 && s.learningRate <= 1, "learning_rate", s.learningRate, "in (0, 1]", where);
    require(s.weightDecay >= 0 && s.weightDecay <= 1, "weight_decay", s.weightDecay, "in [0, 1]", where);
    for (const double weight : s.loss.classWeights)
        require(weight >= 0 && weight <= 1000, "class_weights", weight, "in [0, 1000]", where);
    require(s.loss.positiveWeight > 0 && s.loss.positiveWeight <= 1000, "positive_weight",
            s.loss.positiveWeight, "in (0, 1000]", where);
    require(s.loss.boxWeight >= 0 && s.loss.boxWeight <= 1000, "box_weight", s.loss.boxWeight, "in [0, 1000]",
            where);
    require(s.trainCount >= 0, "train_count", static_cast<double>(s.trainCount), "at least 0", where);
}

Json toJson(const DetectorSpec& s)
{
    return {{"epochs", s.epochs},
            {"batch", s.batch},
            {"learning_rate", s.learningRate},
            {"weight_decay", s.weightDecay},
            {"flip", s.flip},
            {"class_weights", s.loss.classWeights},
            {"positive_weight", s.loss.positiveWeight},
            {"box_weight", s.loss.boxWeight},
            {"init_seed", s.initSeed},
            {"order_seed", s.orderSeed},
            {"train_count", s.trainCount},
            {"initialise", s.initialise}};
}

DetectorSpec detectorSpecFromJson(const Json& json, const std::string& where)
{
    protocol::SpecReader reader(json, where, "a training recipe");
    DetectorSpec s;
    reader.number("epochs", s.epochs);
    reader.number("batch", s.batch);
    reader.number("learning_rate", s.learningRate);
    reader.number("weight_decay", s.weightDecay);
    reader.flag("flip", s.flip);
    reader.numbers("class_weights", s.loss.classWeights);
    reader.number("positive_weight", s.loss.positiveWeight);
    reader.number("box_weight", s.loss.boxWeight);
    reader.number("init_seed", s.initSeed);
    reader.number("order_seed", s.orderSeed);
    reader.number("train_count", s.trainCount);
    reader.flag("initialise", s.initialise);
    reader.finish();
    checkSpec(s, where);
    return s;
}

} // namespace assay::training
