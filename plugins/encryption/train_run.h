#pragma once

#include "backend/engine/run_context.h"
#include "backend/models/model.h"
#include "plugins/encryption/train_params.h"
#include "plugins/encryption/train_results.h"

#include <map>
#include <memory>
#include <string>

namespace assay::encryption {

/// One run of `encryption.train`.
class TrainRun
{
public:
    TrainRun(engine::RunContext& context, TrainParams params)
        : m_context(context)
        , m_params(std::move(params))
    {}
    void execute();

private:
    struct Trained
    {
        std::shared_ptr<const models::Model> model;
        std::shared_ptr<const TrainEncoder> encoder;
        torch::Tensor published; ///< encoded test images
    };

    void openSets();
    void planTrainings();
    void trainAll();
    void train(std::size_t set, const TrainScheme& scheme, bool ofDepths);
    Trained trainOnce(const TrainSet& set, const TrainScheme& scheme, int repeat);
    void askWrongKeys(TrainOutcome& outcome, const TrainSet& set, const TrainScheme& scheme, int repeat,
                      const Trained& trained);
    void attackAll();
    void emitReport();

    /// Keys of the scheme's owners.
    std::vector<SecretKey> keysOf(const TrainScheme& scheme, int repeat) const;

    engine::RunContext& m_context;
    TrainParams m_params;
    TrainResults m_results;
    std::vector<TrainScheme> m_schemes;
    std::vector<TrainScheme> m_depths;
    std::map<std::string, std::size_t> m_done; ///< scheme and set of outcomes that are there
    double m_progress = 0, m_total = 1;        ///< in trainings
};

/// The key of an owner in one of the trainings: whoever has the specification of the run has it.
SecretKey trainKey(std::uint64_t seed, int owner, int repeat);

/// What attackNeura() needs.
struct NeuraTarget
{
    engine::RunContext& context;
    const TrainSet& set;
    const TrainParams& params;
    double done; ///< where the run's progress stands, in units of `total`
    double total;
};
/// Plaintext attack, its least squares form, and MMD attack on the encoder of @p spec under the key of the
/// first owner; kept in the cache.
NeuraAttacked attackNeura(const NeuraTarget& target, const NeuraSpec& spec);

/// The data set as it is, or tinted. @throws Error where that cannot be.
TrainSet trainSetOf(engine::RunContext& context, const TrainParams& params, bool tinted);
/// Whether the set can be tinted: Fashion-MNIST.
bool canBeTinted(const data::DatasetInfo& info);

} // namespace assay::encryption
