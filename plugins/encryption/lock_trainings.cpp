#include "plugins/encryption/lock_trainings.h"

#include "backend/engine/files.h"
#include "backend/engine/trained_network.h"
#include "backend/models/architectures/architectures.h"
#include "backend/models/architectures/grid_detector.h"
#include "backend/models/model_file.h"
#include "backend/models/parallel.h"
#include "backend/protocol/error.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>

namespace assay::encryption::lock {

namespace {

constexpr auto kLook = std::chrono::milliseconds(200);

/// Tells images with boxes from any others.
std::string hashOf(const Scenes& scenes)
{
    std::string all(static_cast<const char*>(scenes.pixels.contiguous().data_ptr()), scenes.pixels.nbytes());
    for (const auto& boxes : scenes.boxes) {
        for (const data::Box& box : boxes) {
            const float numbers[] = {box.x, box.y, box.width, box.height, static_cast<float>(box.category)};
            all.append(reinterpret_cast<const char*>(numbers), sizeof numbers);
        }
        all += ';';
    }
    return engine::sha256(all);
}

} // namespace

struct Trainings::Task
{
    Job job;
    std::shared_ptr<models::Network> network;
    std::atomic<bool> stop = false;
    std::atomic<double> share = 0; ///< done
    bool started = false;
    bool finished = false; ///< guarded by m_mutex, as is the next
    std::exception_ptr failure;
    std::shared_ptr<models::Network> result; ///< what get() gave
    std::jthread thread;
};

torch::Tensor Scenes::images() const
{
    return pixels.to(torch::kFloat32).div_(255);
}

Scenes Scenes::first(std::int64_t count) const
{
    count = std::min(count, size());
    return {ids.narrow(0, 0, count),
            pixels.narrow(0, 0, count),
            {boxes.begin(), boxes.begin() + static_cast<std::ptrdiff_t>(count)}};
}

Scenes scenesOf(const data::Dataset& set, data::Split split, const torch::Tensor& ids)
{
    const auto all = training::boxesByImage(set.samples(split), set.size(split));
    Scenes scenes{ids, set.pixelsOf(split, ids), {}};
    for (std::int64_t i = 0; i < ids.size(0); ++i)
        scenes.boxes.push_back(all[static_cast<std::size_t>(ids.data_ptr<std::int64_t>()[i])]);
    return scenes;
}

Trainings::Trainings(engine::RunContext& context, const models::ModelCard& card, const Scenes& images,
                     Progress progress)
    : m_context(context)
    , m_card(card)
    , m_images(images)
    , m_progress(std::move(progress))
    , m_imagesHash(hashOf(images))
{}

Trainings::~Trainings()
{
    for (const auto& task : m_tasks)
        task->stop = true;
    m_tasks.clear(); // joins, while what the threads use is still there
}

std::size_t Trainings::add(Job job)
{
    auto task = std::make_unique<Task>();
    task->job = std::move(job);
    task->job.spec.initialise = !task->job.from;
    m_tasks.push_back(std::move(task));
    return m_tasks.size() - 1;
}

std::shared_ptr<models::Network> Trainings::fresh() const
{
    auto network = models::makeNetwork(m_card.architecture, m_card.options, m_card.input,
                                       static_cast<std::int64_t>(m_card.classes.size()));
    network->to(m_context.device());
    return network;
}

std::shared_ptr<const models::Network> Trainings::get(std::size_t job)
{
    Task& task = *m_tasks.at(job);
    if (task.result)
        return task.result;
    Json key = {{"what", "detector lock"},
                {"method", 1},
                {"job", task.job.key},
                {"options", m_card.options},
                {"mean", m_card.input.mean},
                {"stddev", m_card.input.stddev},
                {"train", training::toJson(task.job.spec)},
                {"images", m_imagesHash}};
    if (task.job.from)
        key["from"] = engine::weightsHash(engine::weightsOf(*task.job.from));
    const engine::TensorMap weights = m_context.cached(key, [&] { return trained(job); });
    task.stop = true; // where it was trained ahead of time though it lay in the cache
    task.thread = {};
    task.result = fresh();
    models::loadWeights(*task.result, {weights.begin(), weights.end()}, "the cache");
    return task.result;
}

engine::TensorMap Trainings::trained(std::size_t job)
{
    const bool here = m_context.device().is_cpu();
    const auto most = static_cast<std::size_t>(here ? std::max(1, models::workerThreads()) : 1);
    std::size_t running = 0;
    for (std::size_t i = job; i < m_tasks.size() && running < most; ++i) {
        if (m_tasks[i]->result)
            continue;
        start(i);
        ++running;
    }
    Task& task = *m_tasks[job];
    std::unique_lock lock(m_mutex);
    while (!task.finished) {
        m_changed.wait_for(lock, kLook);
        lock.unlock();
        m_progress(task.job.name, task.share);
        m_context.checkpoint();
        lock.lock();
    }
    if (task.failure)
        std::rethrow_exception(task.failure);
    return engine::weightsOf(*task.network);
}

void Trainings::start(std::size_t job)
{
    Task& task = *m_tasks[job];
    if (task.started)
        return;
    task.started = true;
    task.network = fresh();
    if (task.job.from)
        models::loadWeights(*task.network, task.job.from->persistent(), "the stolen model");
    models::setMapChanges(*task.network, task.job.changes);
    task.thread = std::jthread([this, &task] { train(task); });
}

void Trainings::train(Task& task)
{
    try {
        training::DetectorHooks hooks;
        hooks.checkpoint = [&] {
            if (task.stop)
                throw Cancelled{};
            m_context.checkpoint();
        };
        hooks.progress = [&](std::int64_t done, std::int64_t total) {
            task.share = static_cast<double>(done) / static_cast<double>(total);
        };
        if (task.job.cipher)
            hooks.batch = [&](torch::Tensor& images, training::BoxLists&, at::Generator&) {
                images = task.job.cipher->encryptUnit(images);
            };
        training::trainDetector(*task.network, {m_images.pixels, m_images.boxes}, task.job.spec, hooks);
    } catch (...) { // also Cancelled, which is no std::exception
        const std::lock_guard lock(m_mutex);
        task.failure = std::current_exception();
    }
    const std::lock_guard lock(m_mutex);
    task.finished = true;
    m_changed.notify_all();
}

} // namespace assay::encryption::lock
