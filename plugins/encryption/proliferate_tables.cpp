#include "backend/engine/reporting/image_planes.h"
#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/reporting/stored_results.h"
#include "backend/engine/reporting/table_rows.h"
#include "backend/metrics/mcnemar.h"
#include "plugins/encryption/proliferate_report.h"

#include <torch/types.h>

namespace assay::encryption {

using namespace reporting;
using protocol::ImageGrid;
using protocol::Metric;
using protocol::Table;

Table fleetAccuracy(const FleetResults& r)
{
    Table t =
        accuracyTable("Fractions of the attacked test images with Wilson 95 % intervals, under " + r.attack +
                          " of ε = " + shortText(r.eps) +
                          " where there is an attack. 'key' is what the model is asked with, the attack's "
                          "name says what the attacker has.",
                      "Accuracy");
    addAccuracy(t, "base", "none", "none", r.rate(r.baseClean));
    addAccuracy(t, "base", "none", "own-gradient", r.rate(r.baseOwn));
    const auto clean = [&](const FleetMember& m) {
        addAccuracy(t, m.name, "right", "none", r.rate(m.clean));
        addAccuracy(t, m.name, "wrong", "none", r.rate(m.wrongKey));
        addAccuracy(t, m.name, "none", "none", r.rate(m.noKey));
        addAccuracy(t, m.name, "right", "from-base", r.rate(m.fromBase));
        if (m.own.defined())
            addAccuracy(t, m.name, "right", "own-gradient", r.rate(m.own));
    };
    for (const FleetMember& device : r.devices)
        clean(device);
    if (r.transfer.defined())
        for (std::size_t from = 0; from < r.devices.size(); ++from)
            for (std::size_t to = 0; to < r.devices.size(); ++to)
                if (from != to)
                    addAccuracy(t, r.devices[to].name, "right", "from-" + r.devices[from].name,
                                r.between(from, to));
    if (r.guessed.defined())
        addAccuracy(t, r.devices.front().name, "right", "weights-guessed-keys", r.rate(r.guessed));
    if (r.square.defined())
        addAccuracy(t, r.devices.front().name, "right", "square",
                    keyedRate(r.square == r.y.narrow(0, 0, r.squareImages)));
    for (std::size_t i = 1; i < r.methods.size(); ++i)
        clean(r.methods[i]);
    if (r.revoked) {
        clean(r.renewed);
        addAccuracy(t, r.renewed.name, "right", "from-device-1", r.rate(r.oldOnNew));
    }
    return t;
}

Table fleetMethodsTable(const FleetResults& r)
{
    Table t{.name = "methods",
            .title = "Ways of tuning, for the key of device 1",
            .caption =
                "Accuracy of test images without an attack, with the key and with a wrong one; on examples "
                "made on the base; and on examples made on the model itself.",
            .section = "Methods"};
    t.columns = {textColumn("method", "Method"),
                 numberColumn("trained", "Weights trained", 0),
                 numberColumn("share", "of all", 4),
                 numberColumn("bytes", "Delta", 0, "bytes"),
                 numberColumn("seconds", "Training", 1, "s"),
                 numberColumn("n", "Images", 0),
                 numberColumn("accuracy", "Accuracy", 3),
                 numberColumn("low", "low", 3),
                 numberColumn("high", "high", 3),
                 numberColumn("wrong_key", "Wrong key", 3),
                 numberColumn("from_base", "From the base", 3),
                 numberColumn("own_gradient", "Own gradient", 3)};
    for (const FleetMember& m : r.methods)
        TableRow(t) << m.name << static_cast<double>(m.trained) << m.share() << static_cast<double>(m.bytes)
                    << m.seconds << static_cast<double>(r.size()) << r.rate(m.clean)
                    << r.rate(m.wrongKey).value << r.rate(m.fromBase).value
                    << (m.own.defined() ? r.rate(m.own).value : std::nan(""));
    return t;
}

Table fleetPairs(const FleetResults& r)
{
    Table t{.name = "pairs",
            .title = "Method against method on the same images",
            .caption =
                "Images that only one of two methods gets right, without an attack, and the probability "
                "of such a difference between equals (McNemar's test, exact, two-sided).",
            .section = "Methods"};
    t.columns = {textColumn("first", "First"),
                 textColumn("second", "Second"),
                 numberColumn("n", "Images", 0),
                 numberColumn("first_only", "Right by the first alone", 0),
                 numberColumn("second_only", "by the second alone", 0),
                 numberColumn("p", "p", 4)};
    for (std::size_t i = 0; i < r.methods.size(); ++i)
        for (std::size_t j = i + 1; j < r.methods.size(); ++j) {
            const metrics::PairedRates pair =
                metrics::mcnemar(r.methods[i].clean == r.y, r.methods[j].clean == r.y);
            TableRow(t) << r.methods[i].name << r.methods[j].name << static_cast<double>(pair.n)
                        << static_cast<double>(pair.firstOnly) << static_cast<double>(pair.secondOnly)
                        << pair.p;
        }
    return t;
}

Table fleetDevices(const FleetResults& r)
{
    Table t{.name = "fleet",
            .title = "The fleet",
            .caption =
                "Tuned by " + r.method +
                ". A fingerprint is the start of a key's SHA-256. Delta is what a device stores beside the "
                "base of " +
                shortText(static_cast<double>(r.baseBytes) / 1024) +
                " KiB; latency is the median of 50 single images on one thread, the key's transform "
                "included (base, without a key: " +
                shortText(r.baseMilliseconds) + " ms).",
            .section = "Fleet"};
    t.columns = {textColumn("device", "Device"),
                 textColumn("fingerprint", "Fingerprint"),
                 numberColumn("n", "Images", 0),
                 numberColumn("accuracy", "Accuracy", 3),
                 numberColumn("low", "low", 3),
                 numberColumn("high", "high", 3),
                 numberColumn("wrong_key", "Wrong key", 3),
                 numberColumn("no_key", "No key", 3),
                 numberColumn("trained", "Weights trained", 0),
                 numberColumn("delta_bytes", "Delta", 0, "bytes"),
                 numberColumn("seconds", "Training", 1, "s"),
                 numberColumn("latency", "Latency", 2, "ms")};
    const auto row = [&](const FleetMember& d) {
        TableRow(t) << d.name << d.fingerprint << static_cast<double>(r.size()) << r.rate(d.clean)
                    << r.rate(d.wrongKey).value << r.rate(d.noKey).value << static_cast<double>(d.trained)
                    << static_cast<double>(d.bytes) << d.seconds << d.milliseconds;
    };
    for (const FleetMember& device : r.devices)
        row(device);
    if (r.revoked)
        row(r.renewed);
    return t;
}

Table fleetExports(const FleetResults& r)
{
    Table t{.name = "exports",
            .title = "Devices as TorchScript",
            .caption = "Each file was read back and asked about the test images with the device's key. Same: "
                       "share of the images of which it says what the device says; difference: the largest "
                       "one of logits. int8: weights are kept in 8 bits and made float32 before they are "
                       "used. Latency as in the table of the fleet.",
            .section = "Fleet"};
    t.columns = {textColumn("device", "Device"),
                 textColumn("weights", "Weights"),
                 textColumn("key", "Key"),
                 textColumn("file", "File"),
                 numberColumn("bytes", "Size", 0, "bytes"),
                 numberColumn("batch", "Images at a time", 0),
                 numberColumn("n", "Images", 0),
                 numberColumn("accuracy", "Accuracy", 3),
                 numberColumn("low", "low", 3),
                 numberColumn("high", "high", 3),
                 numberColumn("same", "Same", 3),
                 numberColumn("difference", "Difference", 6),
                 numberColumn("latency", "Latency", 2, "ms")};
    for (const FleetExport& e : r.exports)
        TableRow(t) << e.device << e.weights << std::string(e.keyInside ? "inside" : "outside") << e.file
                    << static_cast<double>(e.bytes) << static_cast<double>(e.batch)
                    << static_cast<double>(r.size()) << r.rate(e.classes) << keyedRate(e.sameClasses).value
                    << e.difference << e.milliseconds;
    return t;
}

Table fleetTransferTable(const FleetResults& r)
{
    Table t{.name = "transfer",
            .title = "From device to device",
            .caption = "Accuracy of one device on examples made on another with that other's key.",
            .section = "Between devices"};
    t.columns = {textColumn("made_on", "Made on"), textColumn("asked", "Asked"),
                 numberColumn("n", "Images", 0),   numberColumn("accuracy", "Accuracy", 3),
                 numberColumn("low", "low", 3),    numberColumn("high", "high", 3)};
    for (std::size_t from = 0; from < r.devices.size(); ++from)
        for (std::size_t to = 0; to < r.devices.size(); ++to)
            TableRow(t) << r.devices[from].name << r.devices[to].name << static_cast<double>(r.size())
                        << r.between(from, to);
    return t;
}

Table fleetStolenTable(const FleetResults& r)
{
    Table t{.name = "stolen",
            .title = "Accuracy by the number of stolen devices",
            .caption = "Of two devices in turn, on the mean logit of stolen others.",
            .section = "Between devices"};
    t.columns = {numberColumn("stolen", "Stolen", 0), numberColumn("n", "Images", 0),
                 numberColumn("accuracy", "Accuracy", 3), numberColumn("low", "low", 3),
                 numberColumn("high", "high", 3)};
    for (const FleetStolen& s : r.stolen)
        TableRow(t) << static_cast<double>(s.count) << static_cast<double>(s.classes.size(0))
                    << r.stolenRate(s);
    return t;
}

std::vector<Metric> fleetMetrics(const FleetResults& r)
{
    std::vector<Metric> all = {rateNumber("accuracy.base", r.rate(r.baseClean), "test images"),
                               rateNumber("robust.base", r.rate(r.baseOwn), "test images")};
    for (const FleetMember& d : r.devices) {
        all.push_back(rateNumber("accuracy." + d.name, r.rate(d.clean), "test images"));
        all.push_back(rateNumber("wrong_key." + d.name, r.rate(d.wrongKey), "test images"));
    }
    for (const FleetMember& m : r.methods)
        all.push_back(rateNumber("accuracy." + m.name, r.rate(m.clean), "test images"));
    for (const FleetExport& e : r.exports)
        all.push_back(rateNumber("accuracy." + e.device + "." + e.weights, r.rate(e.classes), "test images"));
    all.push_back({.name = "transfer.diagonal", .value = r.meanDiagonal()});
    if (r.devices.size() > 1) {
        all.push_back({.name = "transfer.off_diagonal", .value = r.meanOffDiagonal()});
        all.push_back({.name = "diversity", .value = r.meanOffDiagonal() - r.meanDiagonal()});
        double broken = 0;
        for (std::size_t i = 0; i < r.devices.size(); ++i)
            broken += r.broken(i);
        all.push_back({.name = "broken_by_one", .value = broken / static_cast<double>(r.devices.size())});
    }
    return all;
}

ImageGrid fleetGallery(const FleetResults& r, const FleetExamples& examples, const ProliferateParams& params)
{
    std::vector<std::string> makers = {"base"}, devices;
    for (const FleetMember& d : r.devices) {
        makers.push_back(d.name);
        devices.push_back(d.name);
    }
    const std::size_t from = positionOf(makers, params.viewFrom), to = positionOf(devices, params.viewTo);
    const auto maker = static_cast<std::int64_t>(from), victim = static_cast<std::int64_t>(to);
    ImageGrid grid{.name = "examples",
                   .title = "Made on " + makers[from] + ", asked of " + devices[to],
                   .section = "Images"};
    grid.caption =
        r.attack + ", ε = " + shortText(r.eps) +
        ". The perturbation is added to plain pixels; encrypted is what the asked device sees of it.";
    const torch::Tensor adversarial = examples.adversarial[maker].to(torch::kFloat32);
    const std::int64_t n = examples.clean.size(0);
    fillPlanes(grid, r.ids.narrow(0, 0, n),
               {{"clean", examples.clean},
                {"adversarial", adversarial},
                {"perturbation ×10", amplifiedDifference(adversarial, examples.clean)},
                {"encrypted", examples.encrypted[maker][victim].to(torch::kFloat32)}});
    const torch::Tensor y = r.y.narrow(0, 0, n);
    const auto said = [&](std::size_t device) {
        const auto d = static_cast<std::int64_t>(device);
        return (maker == 0 ? r.devices[device].fromBase : r.transfer[maker - 1][d]).narrow(0, 0, n);
    };
    grid.attributes = {classesOf("label", "True class", r.classes, y),
                       classesOf("clean", devices[to] + " says of the clean image", r.classes,
                                 r.devices[to].clean.narrow(0, 0, n)),
                       classesOf("attacked", devices[to] + " says under attack", r.classes, said(to))};
    protocol::ImageAttribute outcome = classesOf("outcome", "Outcome for " + devices[to], {"fooled", "holds"},
                                                 (said(to) == y).to(torch::kInt64));
    outcome.roles = {"different", "neutral"};
    grid.attributes.push_back(std::move(outcome));
    // How many devices the same image fools.
    torch::Tensor broken = torch::zeros({n}, torch::kInt64);
    std::vector<std::string> counts;
    for (std::size_t d = 0; d < devices.size(); ++d)
        broken = broken + (said(d) != y).to(torch::kInt64);
    for (std::size_t d = 0; d <= devices.size(); ++d)
        counts.push_back(std::to_string(d));
    grid.attributes.push_back(classesOf("broken", "Devices fooled", counts, broken));
    return grid;
}

} // namespace assay::encryption
