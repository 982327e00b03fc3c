#include "backend/engine/reporting/table_rows.h"
#include "plugins/encryption/lock_results.h"

#include <algorithm>
#include <limits>

namespace assay::encryption::lock {

using protocol::Metric;
using protocol::Table;
using reporting::numberColumn;
using reporting::TableRow;
using reporting::textColumn;

namespace {

constexpr const char* kLockBootstrap = "bootstrap 95 %";
constexpr int kDigits = 3;

template <class Value>
OverKeys overKeys(const std::vector<Scores>& scores, Value value)
{
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    if (scores.empty())
        return {kNone, kNone, kNone};
    OverKeys all{0, value(scores.front()), value(scores.front())};
    for (const Scores& one : scores) {
        all.mean += value(one) / static_cast<double>(scores.size());
        all.least = std::min(all.least, value(one));
        all.most = std::max(all.most, value(one));
    }
    return all;
}

double apOf(const Scores& scores)
{
    return scores.ap;
}

void addRow(Table& t, const LockOutcome& lock, const std::string& key, const Scores& scores)
{
    TableRow(t) << lock.layer << lock.share << key << scores.ap << static_cast<double>(scores.n)
                << scores.interval.low << scores.interval.high << scores.allPoint << lock.transform
                << std::string(methodName(lock.method));
}

Metric precisionMetric(std::string name, const Scores& scores)
{
    return {.name = std::move(name),
            .value = scores.ap,
            .low = scores.interval.low,
            .high = scores.interval.high,
            .interval = kLockBootstrap};
}

/// "c3", "c3.existing", "c3.shuffle", "input.shf-4"
std::string metricName(const LockResults& r, const LockOutcome& lock)
{
    std::string name = lock.layer;
    if (lock.method == Method::Input || lock.transform != r.transform)
        name += '.' + lock.transform;
    if (lock.method == Method::Existing)
        name += ".existing";
    return name;
}

} // namespace

const char* methodName(Method method)
{
    return method == Method::Trained ? "trained" : method == Method::Existing ? "existing" : "input";
}

OverKeys LockOutcome::wrongAp() const
{
    return overKeys(wrong, apOf);
}

OverKeys LockOutcome::wrongAllPoint() const
{
    return overKeys(wrong, [](const Scores& s) { return s.allPoint; });
}

OverKeys PartialOutcome::ap() const
{
    return overKeys(byKey, apOf);
}

const LockOutcome* LockResults::find(const std::string& layer, Method method, const std::string& of) const
{
    const auto at = std::ranges::find_if(locks, [&](const LockOutcome& lock) {
        return lock.layer == layer && lock.method == method &&
               lock.transform == (of.empty() ? transform : of) &&
               (method == Method::Input || lock.share == share);
    });
    return at == locks.end() ? nullptr : &*at;
}

const LockOutcome* LockResults::find(const std::string& layer) const
{
    const LockOutcome* trained = find(layer, Method::Trained);
    return trained ? trained : find(layer, Method::Existing);
}

Table apTable(const LockResults& r)
{
    Table t{
        .name = "ap", .title = "Average precision with and without the key", .section = "With and without"};
    t.caption =
        "Mean over classes of VOC's 11-point AP at IoU 0.5, with its bootstrap 95 % interval over test "
        "images; ap_all is the area under the curve. Of wrong keys the mean, with the lowest and the "
        "highest of them.";
    t.columns = {textColumn("layer", "Map"),
                 numberColumn("share", "Share", 2),
                 textColumn("key", "Key"),
                 numberColumn("ap", "mAP", kDigits),
                 numberColumn("n", "Images", 0),
                 numberColumn("low", "low", kDigits),
                 numberColumn("high", "high", kDigits),
                 numberColumn("ap_all", "mAP, all points", kDigits),
                 textColumn("transform", "Transform"),
                 textColumn("method", "Locked")};
    addRow(t, {.layer = "none", .transform = "none", .share = 0}, "none", r.unprotected);
    t.columns.back().texts.back() = "unprotected";
    for (const LockOutcome& lock : r.locks) {
        addRow(t, lock, "right", lock.right);
        addRow(t, lock, "none", lock.none);
        const OverKeys wrong = lock.wrongAp();
        addRow(t, lock, "wrong",
               {.ap = wrong.mean,
                .interval = {wrong.least, wrong.most},
                .allPoint = lock.wrongAllPoint().mean,
                .n = lock.right.n});
    }
    return t;
}

Table wrongKeysTable(const LockResults& r)
{
    Table t{.name = "wrong_keys", .title = "Every wrong key", .section = "With and without"};
    t.columns = {textColumn("layer", "Map"),           numberColumn("share", "Share", 2),
                 textColumn("transform", "Transform"), textColumn("method", "Locked"),
                 numberColumn("number", "Key", 0),     numberColumn("ap", "mAP", kDigits)};
    for (const LockOutcome& lock : r.locks)
        for (std::size_t i = 0; i < lock.wrong.size(); ++i)
            TableRow(t) << lock.layer << lock.share << lock.transform << std::string(methodName(lock.method))
                        << static_cast<double>(i + 1) << lock.wrong[i].ap;
    return t;
}

Table classesTable(const LockResults& r)
{
    Table t{.name = "classes", .title = "AP of every class", .section = "With and without"};
    t.caption = "VOC's 11-point AP at IoU 0.5, of the lock of " + r.main +
                "; of wrong keys the mean. Empty: the class is on none of the test images.";
    t.columns = {textColumn("class", "Class"),
                 numberColumn("objects", "Objects", 0),
                 numberColumn("unprotected", "Unprotected", kDigits),
                 numberColumn("right", "Right key", kDigits),
                 numberColumn("none", "No key", kDigits),
                 numberColumn("wrong", "Wrong keys", kDigits)};
    const LockOutcome* lock = r.find(r.main);
    if (!lock)
        return t;
    for (std::size_t k = 0; k < r.classes.size(); ++k)
        TableRow(t) << r.classes[k] << static_cast<double>(r.unprotected.objects.at(k))
                    << r.unprotected.byClass.at(k) << lock->right.byClass.at(k) << lock->none.byClass.at(k)
                    << overKeys(lock->wrong, [k](const Scores& s) { return s.byClass.at(k); }).mean;
    return t;
}

Table partialTable(const LockResults& r)
{
    Table t{.name = "partial", .title = "A key that is partly right", .section = "Parts of the key"};
    t.caption =
        "Of the lock of " + r.main +
        ": so many positions are right, all others wrong; mean, lowest and highest over the keys that "
        "fill the rest.";
    t.columns = {numberColumn("right", "Right", 2), numberColumn("keys", "Keys", 0),
                 numberColumn("ap", "mAP", kDigits), numberColumn("low", "low", kDigits),
                 numberColumn("high", "high", kDigits)};
    for (const PartialOutcome& one : r.partial) {
        const OverKeys ap = one.ap();
        TableRow(t) << one.right << static_cast<double>(one.byKey.size()) << ap.mean << ap.least << ap.most;
    }
    return t;
}

Table attackTable(const LockResults& r)
{
    Table t{.name = "attack", .title = "Fine-tuning the stolen detector", .section = "Attacks on the lock"};
    t.caption =
        "Without a key, on a share of the training images with their boxes: from the locked weights of " +
        r.main + ", and from scratch.";
    t.columns = {numberColumn("share", "Share of the data"),
                 numberColumn("images", "Images", 0),
                 textColumn("start", "Start"),
                 numberColumn("ap", "mAP", kDigits),
                 numberColumn("n", "Test images", 0),
                 numberColumn("low", "low", kDigits),
                 numberColumn("high", "high", kDigits)};
    for (const AttackOutcome& attack : r.attacks)
        for (const bool stolen : {true, false}) {
            const Scores& s = stolen ? attack.stolen : attack.scratch;
            TableRow(t) << attack.share << static_cast<double>(attack.images)
                        << std::string(stolen ? "stolen" : "scratch") << s.ap << static_cast<double>(s.n)
                        << s.interval.low << s.interval.high;
        }
    return t;
}

Table estimateTable(const LockResults& r)
{
    Table t{.name = "estimate", .title = "A key guessed from the weights", .section = "Attacks on the lock"};
    t.caption = "Of the lock of " + r.main +
                ", without labels: channels are matched by the norms of the next layer's weights, or by the "
                "means that its batch normalisation has stored. One right position is what chance gives.";
    t.columns = {textColumn("lock", "Locked"),
                 textColumn("method", "Matched by"),
                 numberColumn("right", "Right positions", 0),
                 numberColumn("channels", "Channels", 0),
                 numberColumn("ap", "mAP", kDigits),
                 numberColumn("n", "Test images", 0),
                 numberColumn("low", "low", kDigits),
                 numberColumn("high", "high", kDigits)};
    for (const EstimateOutcome& one : r.estimates)
        TableRow(t) << std::string(methodName(one.lock)) << one.method << static_cast<double>(one.right)
                    << static_cast<double>(one.channels) << one.found.ap << static_cast<double>(one.found.n)
                    << one.found.interval.low << one.found.interval.high;
    return t;
}

Table mapsTable(const LockResults& r)
{
    Table t{.name = "maps", .title = "The maps that can be locked", .section = "Maps"};
    t.caption =
        "Key space: base-2 logarithm of the number of different keys of one map; of several it is the "
        "sum.";
    t.columns = {textColumn("map", "Map"),
                 numberColumn("channels", "Channels", 0),
                 numberColumn("height", "Height", 0),
                 numberColumn("width", "Width", 0),
                 textColumn("consumer", "Taken in by"),
                 numberColumn("encrypted", "Encrypted", 0),
                 numberColumn("bits", "Key space", 1, "bits")};
    for (const MapRow& row : r.maps)
        TableRow(t) << row.map << static_cast<double>(row.shape.channels)
                    << static_cast<double>(row.shape.height) << static_cast<double>(row.shape.width)
                    << row.consumer << static_cast<double>(row.encrypted) << row.bits;
    return t;
}

std::vector<Metric> lockMetrics(const LockResults& r)
{
    std::vector<Metric> all = {precisionMetric("ap.unprotected", r.unprotected)};
    std::vector<const LockOutcome*> locks;
    for (const LockOutcome& lock : r.locks)
        if (lock.method == Method::Input || lock.share == r.share)
            locks.push_back(&lock);
    // Those of the lock that is looked at closely come first: they are what a run is known by.
    std::ranges::stable_partition(locks, [&](const LockOutcome* lock) { return lock == r.find(r.main); });
    for (const LockOutcome* each : locks) {
        const LockOutcome& lock = *each;
        const std::string name = metricName(r, lock);
        all.push_back(precisionMetric("ap." + name + ".right", lock.right));
        all.push_back(precisionMetric("ap." + name + ".none", lock.none));
        const OverKeys wrong = lock.wrongAp();
        all.push_back({.name = "ap." + name + ".wrong",
                       .value = wrong.mean,
                       .low = wrong.least,
                       .high = wrong.most,
                       .interval = "lowest and highest of the keys"});
        // Specification: protection gap and cost.
        all.push_back({.name = "gap." + name, .value = lock.right.ap - std::max(lock.none.ap, wrong.mean)});
        all.push_back({.name = "cost." + name, .value = r.unprotected.ap - lock.right.ap});
    }
    for (const AttackOutcome& attack : r.attacks) {
        const std::string images = std::to_string(attack.images);
        all.push_back(precisionMetric("ap.attack." + images + ".stolen", attack.stolen));
        all.push_back(precisionMetric("ap.attack." + images + ".scratch", attack.scratch));
    }
    if (r.existingDifference)
        all.push_back({.name = "difference.existing", .value = *r.existingDifference});
    return all;
}

} // namespace assay::encryption::lock
