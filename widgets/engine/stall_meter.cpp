#include "widgets/engine/stall_meter.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QEvent>
#include <QThread>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>

namespace assay::widgets {

namespace {

constexpr double kStallMs = 50;
constexpr double kBucketMs = 0.1;
constexpr std::size_t kBuckets = 1001; ///< the last one holds everything above 100 ms

const QEvent::Type kHeartbeat = QEvent::Type(QEvent::registerEventType());

} // namespace

struct StallMeter::Private : QObject
{
    StallMeter* q = nullptr;
    QThread* thread = nullptr;
    QElapsedTimer clock;
    std::atomic<qint64> postedNs = -1; ///< when the heartbeat under way was posted; -1 when none is
    std::atomic<bool> ending = false;
    std::array<qint64, kBuckets> buckets{};
    qint64 count = 0;
    double longest = 0;

    bool event(QEvent* event) override
    {
        if (event->type() != kHeartbeat)
            return QObject::event(event);
        const double ms = double(clock.nsecsElapsed() - postedNs.exchange(-1)) / 1e6;
        ++count;
        ++buckets[std::min(kBuckets - 1, std::size_t(ms / kBucketMs))];
        longest = std::max(longest, ms);
        if (ms > kStallMs)
            Q_EMIT q->stalled(ms);
        return true;
    }

    void beat(int everyMs)
    {
        while (!ending) {
            qint64 none = -1;
            if (postedNs.compare_exchange_strong(none, clock.nsecsElapsed()))
                QCoreApplication::postEvent(this, new QEvent(kHeartbeat));
            QThread::msleep(unsigned(everyMs));
        }
    }
};

StallMeter::StallMeter(QObject* parent)
    : QObject(parent)
    , d(std::make_unique<Private>())
{
    d->q = this;
    d->clock.start();
}

StallMeter::~StallMeter()
{
    stop();
}

void StallMeter::start(int everyMs)
{
    if (d->thread)
        return;
    d->ending = false;
    d->thread = QThread::create([p = d.get(), everyMs] { p->beat(everyMs); });
    d->thread->start(QThread::HighPriority);
}

void StallMeter::stop()
{
    if (!d->thread)
        return;
    d->ending = true;
    d->thread->wait();
    delete std::exchange(d->thread, nullptr);
    QCoreApplication::removePostedEvents(d.get(), kHeartbeat);
    d->postedNs = -1;
}

bool StallMeter::isRunning() const
{
    return d->thread != nullptr;
}

void StallMeter::reset()
{
    d->buckets.fill(0);
    d->count = 0;
    d->longest = 0;
    // A wait that began before this moment is not part of what follows.
    if (d->postedNs >= 0)
        d->postedNs = d->clock.nsecsElapsed();
}

double StallMeter::longestMs() const
{
    const qint64 posted = d->postedNs;
    const double waiting = posted < 0 ? 0 : double(d->clock.nsecsElapsed() - posted) / 1e6;
    return std::max(d->longest, waiting);
}

double StallMeter::quantileMs(double fraction) const
{
    if (d->count == 0)
        return 0;
    const auto rank = qint64(std::ceil(std::clamp(fraction, 0.0, 1.0) * double(d->count)));
    qint64 seen = 0;
    for (std::size_t i = 0; i + 1 < kBuckets; ++i) {
        seen += d->buckets[i];
        if (seen >= rank)
            return std::min(d->longest, double(i + 1) * kBucketMs);
    }
    return d->longest;
}

qint64 StallMeter::heartbeats() const
{
    return d->count;
}

qint64 StallMeter::countAbove(double ms) const
{
    qint64 above = 0;
    for (std::size_t i = std::min(kBuckets - 1, std::size_t(std::ceil(ms / kBucketMs))); i < kBuckets; ++i)
        above += d->buckets[i];
    return above;
}

} // namespace assay::widgets
