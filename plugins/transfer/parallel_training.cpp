#include "plugins/transfer/parallel_training.h"

#include "backend/models/architectures/architectures.h"
#include "backend/models/initialise.h"
#include "backend/models/parallel.h"
#include "backend/models/predict.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

namespace assay::transfer {

namespace {

/// What the training threads and the calling thread share.
class Trainings
{
public:
    Trainings(engine::RunContext& context, const std::vector<TrainingJob>& jobs,
              const training::TrainSpec& spec, const models::ModelCard& like, const TestSet& test)
        : m_context(context)
        , m_jobs(jobs)
        , m_spec(spec)
        , m_like(like)
        , m_test(test)
        , m_device(context.device())
        , m_curves(jobs.size())
    {}

    void work()
    {
        for (std::size_t i = m_next++; i < m_jobs.size() && !m_stop; i = m_next++) {
            try {
                train(i);
            } catch (...) { // also Cancelled, which is no std::exception
                const std::lock_guard lock(m_mutex);
                if (!m_failure)
                    m_failure = std::current_exception();
                m_stop = true;
            }
        }
        const std::lock_guard lock(m_mutex);
        --m_working;
        m_changed.notify_all();
    }

    std::vector<TrainingCurve> run(const std::function<void(const std::vector<TrainingCurve>&)>& updated)
    {
        const std::size_t threads =
            std::min<std::size_t>(m_jobs.size(), std::max(1, models::workerThreads()));
        m_working = threads;
        std::vector<std::jthread> workers;
        for (std::size_t i = 0; i < threads; ++i)
            workers.emplace_back([this] { work(); });
        try {
            watch(updated);
        } catch (...) { // a figure that cannot be stored, or a cancel: the threads end at their next batch
            m_stop = true;
            throw;
        }
        workers.clear();
        if (m_failure)
            std::rethrow_exception(m_failure);
        return m_curves;
    }

private:
    void watch(const std::function<void(const std::vector<TrainingCurve>&)>& updated)
    {
        std::unique_lock lock(m_mutex);
        for (bool working = true; working;) {
            m_changed.wait_for(lock, std::chrono::milliseconds(200));
            working = m_working > 0;
            const bool news = std::exchange(m_news, false);
            const std::vector<TrainingCurve> curves = news ? m_curves : std::vector<TrainingCurve>();
            lock.unlock();
            m_context.progress(static_cast<double>(m_images), static_cast<double>(totalImages()), "Training");
            if (news)
                updated(curves);
            if (working)
                m_context.checkpoint();
            lock.lock();
        }
    }

    std::int64_t totalImages() const
    {
        std::int64_t total = 0;
        for (const TrainingJob& job : m_jobs)
            total += job.images.size(0) * m_spec.epochs;
        return total;
    }

    void train(std::size_t i)
    {
        const TrainingJob& job = m_jobs[i];
        const auto classes = static_cast<std::int64_t>(m_like.classes.size());
        const auto network = models::makeNetwork(job.learner, job.options, m_like.input, classes);
        network->to(m_device);
        std::int64_t seen = 0;
        training::TrainHooks hooks;
        hooks.checkpoint = [this] {
            if (m_stop)
                throw Cancelled{};
            m_context.checkpoint();
        };
        hooks.progress = [&](std::int64_t done, std::int64_t) {
            m_images += done - seen;
            seen = done;
        };
        hooks.epoch = [&](const training::EpochReport& report) {
            const std::lock_guard lock(m_mutex);
            m_curves[i].trainAccuracy.push_back(report.trainAccuracy);
        };
        hooks.afterEpoch = [&](int, const models::Network& now) {
            const std::int64_t n = std::min(kCurveImages, m_test.images.size(0));
            const double accuracy = test(now, n);
            const std::lock_guard lock(m_mutex);
            m_curves[i].testAccuracy.push_back(accuracy);
            m_news = true;
            m_changed.notify_all();
        };
        training::trainNetwork(*network, job.images, job.labels, m_spec, hooks);
        const std::int64_t n = m_test.images.size(0);
        const double accuracy = test(*network, n);
        const std::lock_guard lock(m_mutex);
        m_curves[i].correct = std::llround(accuracy * static_cast<double>(n));
        m_curves[i].finished = true;
        m_news = true;
        m_changed.notify_all();
    }

    double test(const models::Network& network, std::int64_t images) const
    {
        const models::Model model(network.copy(), m_like);
        return models::accuracy(model, m_test.images.narrow(0, 0, images),
                                m_test.labels.narrow(0, 0, images));
    }

    engine::RunContext& m_context;
    const std::vector<TrainingJob>& m_jobs;
    const training::TrainSpec& m_spec;
    const models::ModelCard& m_like;
    const TestSet& m_test;
    torch::Device m_device;
    std::atomic<std::size_t> m_next = 0;
    std::atomic<bool> m_stop = false;
    std::atomic<std::int64_t> m_images = 0;
    std::mutex m_mutex; ///< guards all below
    std::condition_variable m_changed;
    std::vector<TrainingCurve> m_curves;
    std::size_t m_working = 0;
    bool m_news = false;
    std::exception_ptr m_failure;
};

} // namespace

std::vector<TrainingCurve> trainAll(engine::RunContext& context, const std::vector<TrainingJob>& jobs,
                                    const training::TrainSpec& spec, const models::ModelCard& like,
                                    const TestSet& test,
                                    const std::function<void(const std::vector<TrainingCurve>&)>& updated)
{
    return Trainings(context, jobs, spec, like, test).run(updated);
}

} // namespace assay::transfer
