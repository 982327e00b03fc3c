#include "backend/engine/reporting/rate_marks.h"
#include "plugins/encryption/lock_results.h"

#include <algorithm>

namespace assay::encryption::lock {

using protocol::AxisScale;
using protocol::Figure;
using protocol::Layer;
using protocol::LayerKind;

namespace {

constexpr const char* kOverImages = "bootstrap 95 %";
/// Colours: whoever has the key, and whoever has not.
constexpr const char *kRightRole = "same", *kNoneRole = "neutral", *kWrongRole = "different",
                     *kPlainRole = "accent";

protocol::Axis precisionAxis()
{
    return {.label = "mAP at IoU 0.5", .low = 0, .high = 1};
}

void addMark(Layer& layer, double x, double y, double low, double high)
{
    layer.x.push_back(x);
    layer.y.push_back(y);
    layer.low.push_back(low);
    layer.high.push_back(high);
}

void addMark(Layer& layer, double x, const Scores& scores)
{
    addMark(layer, x, scores.ap, scores.interval.low, scores.interval.high);
}

void addMark(Layer& layer, double x, const OverKeys& keys)
{
    addMark(layer, x, keys.mean, keys.least, keys.most);
}

Layer levelOf(const std::string& name, double value, const std::string& role)
{
    return {.kind = LayerKind::Marks, .name = name, .role = role, .y = {value}, .labels = {name}};
}

Layer named(LayerKind kind, const char* name, const char* role)
{
    return {.kind = kind, .name = name, .role = role};
}

std::string categoryOf(const LockResults& r, const LockOutcome& lock)
{
    if (lock.method == Method::Input)
        return "images, " + lock.transform;
    return lock.transform == r.transform ? lock.layer : lock.layer + ", " + lock.transform;
}

std::string countsOf(const LockResults& r)
{
    return std::to_string(r.testCount) + " test images.";
}

} // namespace

Figure apFigure(const LockResults& r)
{
    Figure f{.name = "ap",
             .title = "Average precision with and without the key",
             .section = "With and without",
             .interval = "bootstrap 95 % over images; of wrong keys lowest and highest"};
    f.caption =
        "Maps are locked one by one and together; for comparison a shuffled map, and encrypted images. "
        "Wrong keys: the mean. " +
        countsOf(r);
    f.x = {.label = "What is encrypted", .scale = AxisScale::Category, .sets = "view_lock"};
    f.y = precisionAxis();
    f.aspect = 2;
    Layer right = named(LayerKind::Bars, "right key", kRightRole);
    Layer none = named(LayerKind::Bars, "no key", kNoneRole);
    Layer wrong = named(LayerKind::Bars, "wrong keys", kWrongRole);
    for (const LockOutcome& lock : r.locks) {
        const bool first = lock.method == Method::Existing && r.find(lock.layer) == &lock;
        if (lock.method == Method::Existing && !first)
            continue;
        const auto x = static_cast<double>(f.x.categories.size());
        f.x.categories.push_back(categoryOf(r, lock));
        addMark(right, x, lock.right);
        addMark(none, x, lock.none);
        addMark(wrong, x, lock.wrongAp());
    }
    f.layers = {right, none, wrong, levelOf("unprotected", r.unprotected.ap, kPlainRole)};
    return f;
}

Figure curvesFigure(const LockResults& r)
{
    Figure f{.name = "precision",
             .title = "Precision and recall: the lock of " + r.main,
             .section = "With and without"};
    f.caption = "The highest precision at that recall or a higher one, mean over classes. " + countsOf(r);
    f.x = {.label = "Recall", .low = 0, .high = 1};
    f.y = {.label = "Precision", .low = 0, .high = 1};
    const auto add = [&](const char* name, const char* role, const Scores& scores) {
        Layer line = named(LayerKind::Line, name, role);
        for (std::size_t i = 0; i < scores.precision.size(); ++i) {
            line.x.push_back(static_cast<double>(i) / static_cast<double>(scores.precision.size() - 1));
            line.y.push_back(scores.precision[i]);
        }
        f.layers.push_back(std::move(line));
    };
    add("unprotected", kPlainRole, r.unprotected);
    if (const LockOutcome* lock = r.find(r.main)) {
        add("right key", kRightRole, lock->right);
        add("no key", kNoneRole, lock->none);
        if (!lock->wrong.empty())
            add("best wrong key", kWrongRole,
                *std::ranges::max_element(lock->wrong, {}, [](const Scores& s) { return s.ap; }));
    }
    return f;
}

Figure partialFigure(const LockResults& r)
{
    Figure f{.name = "partial",
             .title = "A key that is partly right: the lock of " + r.main,
             .section = "Parts of the key",
             .interval = "lowest and highest of the keys"};
    f.caption =
        "So many positions of the key are right, all others wrong. Click a mark to see it on the scene.";
    f.x = {.label = "Share of positions that are right", .low = 0, .high = 1, .sets = "view_right"};
    f.y = precisionAxis();
    Layer line = named(LayerKind::Line, "partly right", kWrongRole);
    for (const PartialOutcome& one : r.partial)
        addMark(line, one.right, one.ap());
    f.layers = {line, levelOf("unprotected", r.unprotected.ap, kPlainRole)};
    f.sets = R"({"view_key": "right"})";
    return f;
}

Figure sharesFigure(const LockResults& r)
{
    Figure f{.name = "shares",
             .title = "Over the share of channels that are encrypted: " + r.main,
             .section = "Share of channels",
             .interval = "bootstrap 95 % over images; of wrong keys lowest and highest"};
    f.caption = "The finished detector, locked without training. " + countsOf(r);
    f.x = {.label = "Share of channels", .low = 0, .high = 1};
    f.y = precisionAxis();
    Layer right = named(LayerKind::Line, "right key", kRightRole);
    Layer none = named(LayerKind::Line, "no key", kNoneRole);
    Layer wrong = named(LayerKind::Line, "wrong keys", kWrongRole);
    std::vector<const LockOutcome*> locks;
    for (const LockOutcome& lock : r.locks)
        if (lock.method == Method::Existing && lock.layer == r.main && lock.transform == r.transform)
            locks.push_back(&lock);
    std::ranges::sort(locks, {}, [](const LockOutcome* lock) { return lock->share; });
    for (const LockOutcome* lock : locks) {
        addMark(right, lock->share, lock->right);
        addMark(none, lock->share, lock->none);
        addMark(wrong, lock->share, lock->wrongAp());
    }
    f.layers = {right, none, wrong};
    return f;
}

Figure attackFigure(const LockResults& r)
{
    Figure f{.name = "fine-tuning",
             .title = "The lock does not stop a thief with labelled images: " + r.main,
             .section = "Attacks on the lock",
             .interval = kOverImages};
    f.caption =
        "Fine-tuned without a key from the stolen, locked weights, and trained from scratch on the same "
        "images, with as many epochs. " +
        countsOf(r);
    f.x = {.label = "Labelled training images", .scale = AxisScale::Log};
    f.y = precisionAxis();
    Layer stolen = named(LayerKind::Line, "from the stolen weights", kWrongRole);
    Layer scratch = named(LayerKind::Line, "from scratch", kNoneRole);
    for (const AttackOutcome& attack : r.attacks) {
        addMark(stolen, static_cast<double>(attack.images), attack.stolen);
        addMark(scratch, static_cast<double>(attack.images), attack.scratch);
    }
    f.layers = {stolen, scratch, levelOf("unprotected", r.unprotected.ap, kPlainRole)};
    return f;
}

Figure keySpaceFigure(const LockResults& r)
{
    Figure f{.name = "key-space", .title = "How many keys a map has", .section = "Maps"};
    f.caption = "From the image to the head. Click a map to look at its lock.";
    f.x = {.label = "Map", .scale = AxisScale::Category, .sets = "view_lock"};
    f.y = {.label = "Key space", .unit = "bits", .low = 0};
    Layer bars = named(LayerKind::Bars, "base-2 logarithm of the number of keys", kPlainRole);
    for (const MapRow& row : r.maps) {
        bars.x.push_back(static_cast<double>(f.x.categories.size()));
        bars.y.push_back(row.bits);
        bars.labels.push_back(std::to_string(row.shape.channels) + " channels");
        f.x.categories.push_back(row.map);
    }
    f.layers = {bars};
    return f;
}

} // namespace assay::encryption::lock
