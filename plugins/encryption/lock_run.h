#pragma once

#include "plugins/encryption/lock_params.h"
#include "plugins/encryption/lock_results.h"
#include "plugins/encryption/lock_scene.h"
#include "plugins/encryption/lock_trainings.h"

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace assay::encryption::lock {

/// One run of `encryption.detector-lock`: trains, locks, tries keys and attacks, and shows what is known
/// after each lock.
class LockRun
{
public:
    LockRun(engine::RunContext& context, LockParams params);
    void execute();

private:
    using NetworkPtr = std::shared_ptr<const models::Network>;

    struct Locked ///< a lock with its network
    {
        LockSpec spec;
        Method method = Method::Trained;
        NetworkPtr network;
    };

    void openInputs();
    void planTrainings();
    training::DetectorLossSpec lossSpec() const;
    NetworkPtr trained(std::size_t job);
    std::shared_ptr<const Cipher> cipherOf(const std::string& input, const SecretKey& key) const;

    LockSpec specOf(const std::string& layer, const std::string& transform, double share) const;
    Locked existing(const LockSpec& spec);
    LockOutcome outcomeOf(const Locked& locked);
    LockOutcome inputOutcome(const std::string& input, const NetworkPtr& network);
    Scores scored(const models::Network& network, const MapKeys& keys, const torch::Tensor& images = {});
    void measureLayer(const std::string& layer);
    void measurePartial(const Locked& locked);
    void attack(const Locked& locked);
    void estimate(const Locked& locked);
    const Locked& mainLock() const;

    void describeMaps();
    void emit();
    void keepModels();
    void showMosaic();
    void showBench();
    void stage(const std::string& text);

    engine::RunContext& m_context;
    LockParams m_params;
    std::optional<SecretKey> m_key;
    std::string m_keyName; ///< for cache keys and captions
    models::ModelCard m_card;
    MapShapes m_shapes;
    Scenes m_train, m_test;
    torch::Tensor m_images; ///< of m_test, float32 on the device
    std::unique_ptr<Trainings> m_trainings;
    std::size_t m_plainJob = 0;
    std::map<std::string, std::size_t> m_lockJobs;    ///< by layer
    std::map<std::string, std::size_t> m_furtherJobs; ///< by transform
    std::map<std::string, std::size_t> m_inputJobs;
    NetworkPtr m_plain;
    std::map<std::string, Locked> m_locks; ///< by layer: the one that is saved and shown
    LockResults m_results;
    double m_done = 0;
    double m_total = 1;
};

} // namespace assay::encryption::lock
