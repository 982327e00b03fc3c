#pragma once

#include "backend/encryption/cipher.h"
#include "backend/engine/run_context.h"
#include "backend/training/detector_trainer.h"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace assay::encryption::lock {

/// The images of a split that a run uses.
struct Scenes
{
    torch::Tensor ids;        ///< int64 [N], indices into the split
    torch::Tensor pixels;     ///< uint8 [N,C,H,W] on the CPU
    training::BoxLists boxes; ///< [N], categories are indices into the set's boxClasses

    std::int64_t size() const { return pixels.size(0); }
    torch::Tensor images() const; ///< float32 in [0,1] on the CPU
    Scenes first(std::int64_t count) const;
};

Scenes scenesOf(const data::Dataset& set, data::Split split, const torch::Tensor& ids);

/// One training.
struct Job
{
    std::string name; ///< shown in progress
    Json key; ///< what tells it from others besides images and numbers: the lock, its key's fingerprint
    training::DetectorSpec spec;
    models::MapChanges changes;                  ///< in the forward pass
    std::shared_ptr<const Cipher> cipher;        ///< of the images; null: plain ones
    std::shared_ptr<const models::Network> from; ///< whose weights it starts from; null: at random
};

/// Trains detectors, or takes them from the cache. On the CPU as many are trained at a time as there are
/// worker threads: a job that is asked for and not in the cache starts those after it, too. Used from one
/// thread.
class Trainings
{
public:
    /// Called in the thread that waits for a training.
    using Progress = std::function<void(const std::string& name, double share)>;
    /// @param card of the detectors. @param images may be longer than a job's trainCount. Both outlive it.
    Trainings(engine::RunContext& context, const models::ModelCard& card, const Scenes& images,
              Progress progress);
    ~Trainings();

    /// @returns its index.
    std::size_t add(Job job);
    /// The network of a job without its changes, on the run's device. Waits for it. @throws what training
    /// throws.
    std::shared_ptr<const models::Network> get(std::size_t job);

private:
    struct Task;

    engine::TensorMap trained(std::size_t job);
    void start(std::size_t job);
    void train(Task& task);
    std::shared_ptr<models::Network> fresh() const;

    engine::RunContext& m_context;
    const models::ModelCard& m_card;
    const Scenes& m_images;
    Progress m_progress;
    std::string m_imagesHash;
    std::mutex m_mutex; ///< guards what tasks leave behind
    std::condition_variable m_changed;
    std::vector<std::unique_ptr<Task>> m_tasks;
};

} // namespace assay::encryption::lock
