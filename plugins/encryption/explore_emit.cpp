#include "backend/engine/reporting/image_planes.h"
#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/reporting/scene_picture.h"
#include "backend/engine/reporting/table_rows.h"
#include "backend/metrics/image_similarity.h"
#include "plugins/encryption/explore_blocks.h"
#include "plugins/encryption/explore_measures.h"
#include "plugins/encryption/explore_view.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>
#include <cstdio>

namespace assay::encryption {

namespace {

using reporting::numberColumn;
using reporting::textColumn;

constexpr std::int64_t kHistogramBins = 64;
constexpr std::int64_t kScattered = 600; ///< pairs of neighbours
constexpr const char* kNeighbourDirections[] = {"horizontal", "vertical", "diagonal"};

double sightSsim(const ExploreSight& sight)
{
    return sight.ssim.mean().item<double>();
}

torch::Tensor sightPixels(const ExploreSight& sight)
{
    return sight.images.to(torch::kFloat32) / 255;
}

/// As many of the images as fit into one gallery.
void fillSights(protocol::ImageGrid& grid, const ExploreView& view,
                const std::vector<const ExploreSight*>& sights)
{
    const torch::Tensor& images = view.plain.images;
    const std::int64_t count =
        std::min(images.size(0), static_cast<std::int64_t>(reporting::imagesThatFit(
                                     images.size(1), images.size(2), images.size(3), sights.size())));
    std::vector<reporting::ImagePlane> planes;
    for (const ExploreSight* sight : sights)
        planes.push_back({sight->name, sightPixels(*sight).narrow(0, 0, count)});
    reporting::fillPlanes(grid, view.ids.narrow(0, 0, count), planes);
    for (std::int64_t i = 0; i < count; ++i) {
        std::string note = "SSIM";
        for (std::size_t s = 1; s < sights.size(); ++s) {
            char text[96];
            std::snprintf(text, sizeof text, "%s %s %.2f", s == 1 ? "" : ",", sights[s]->name.c_str(),
                          sights[s]->ssim[i].item<double>());
            note += text;
        }
        grid.notes.push_back(note);
    }
}

/// One image, large, which scrambles while the key is turned.
void emitExploreScene(engine::RunContext& context, const ExploreView& view, std::int64_t sample)
{
    const std::int64_t row = exploreRow(view, sample);
    const auto* ids = view.ids.data_ptr<std::int64_t>();
    protocol::Scene scene{.name = "image",
                          .title = "One image under the key",
                          .section = "Images",
                          .width = static_cast<std::uint32_t>(view.plain.images.size(3)),
                          .height = static_cast<std::uint32_t>(view.plain.images.size(2)),
                          .sampleField = "sample",
                          .samples = {ids, ids + view.ids.numel()},
                          .sample = ids[row]};
    scene.caption = describe(view.spec) + ", key " + view.fingerprint + ".";
    for (const ExploreSight* sight : {&view.encrypted, &view.plain, &view.decrypted, &view.wrongKey})
        scene.pictures.push_back(reporting::scenePicture(sight->name, sight->images[row]));
    context.scene(std::move(scene));
}

void emitExploreGalleries(engine::RunContext& context, const ExploreView& view)
{
    protocol::ImageGrid seen{.name = "images", .title = "What the key does", .section = "Images"};
    seen.caption =
        describe(view.spec) + ". Plain, encrypted, decrypted with the key and with another one." +
        (view.spec.scheme == Scheme::Ffx ? " Encrypted values lie in 0 .. 999 and are shown divided by "
                                           "the largest one that a byte becomes."
                                         : "");
    fillSights(seen, view, {&view.plain, &view.encrypted, &view.decrypted, &view.wrongKey});
    context.images(std::move(seen));

    protocol::ImageGrid broken{
        .name = "attacked", .title = "What is seen without the key", .section = "Attacks"};
    broken.caption =
        "What each attack makes of the encrypted image. " +
        std::string(view.ownKeys ? "Every image has a key of its own, so that what the attacker learns "
                                   "from images of its choice is another key's."
                                 : "All images share one key.");
    std::vector<const ExploreSight*> sights = {&view.plain, &view.encrypted};
    for (const ExploreAttack& attack : view.attacks)
        sights.push_back(&attack.sight);
    fillSights(broken, view, sights);
    context.images(std::move(broken));
}

void emitExploreHistograms(engine::RunContext& context, const ExploreView& view)
{
    static constexpr const char* kNames[] = {"red", "green", "blue"};
    for (const ExploreSight* sight : {&view.plain, &view.encrypted}) {
        const bool plain = sight == &view.plain;
        const torch::Tensor shares = channelHistograms(sight->images, kHistogramBins);
        protocol::Figure figure{.name = plain ? "histogram-plain" : "histogram-encrypted",
                                .title =
                                    plain ? "Values of the plain images" : "Values of the encrypted images",
                                .section = "Statistics"};
        figure.caption =
            "Share of a channel's values, in 64 classes. What is only moved keeps its histogram; what "
            "is inverted makes it symmetric.";
        figure.rateOf = "values of the channel";
        figure.x = {.label = "Value", .low = 0, .high = 256};
        figure.y = {.label = "Share", .unit = "%", .low = 0};
        for (std::int64_t c = 0; c < shares.size(0); ++c) {
            protocol::Layer layer{.kind = protocol::LayerKind::Line,
                                  .name = shares.size(0) == 3 ? kNames[c] : "grey"};
            layer.role = shares.size(0) == 3 ? std::string("channel:") + kNames[c] : "neutral";
            for (std::int64_t bin = 0; bin < kHistogramBins; ++bin) {
                layer.x.push_back((static_cast<double>(bin) + 0.5) * 256 / kHistogramBins);
                layer.y.push_back(100 * shares[c][bin].item<double>());
            }
            figure.layers.push_back(std::move(layer));
        }
        context.figure(std::move(figure));
    }
}

void emitExploreCorrelation(engine::RunContext& context, const ExploreView& view, std::int64_t sample)
{
    protocol::Figure bars{.name = "correlation", .title = "Neighbouring pixels", .section = "Statistics"};
    bars.caption =
        "Correlation of all pairs of neighbouring values of a channel. Near 1 in a picture, near 0 in "
        "noise.";
    bars.x = {.label = "Direction", .scale = protocol::AxisScale::Category};
    bars.x.categories = {kNeighbourDirections[0], kNeighbourDirections[1], kNeighbourDirections[2]};
    bars.y = {.label = "Correlation", .low = -1, .high = 1};
    for (const ExploreSight* sight : {&view.plain, &view.encrypted, &view.wrongKey}) {
        protocol::Layer layer{.kind = protocol::LayerKind::Bars, .name = sight->name};
        layer.role = sight == &view.plain ? "same" : sight == &view.encrypted ? "different" : "neutral";
        for (std::size_t i = 0; i < 3; ++i) {
            layer.x.push_back(static_cast<double>(i));
            layer.y.push_back(sight->correlation[i]);
        }
        bars.layers.push_back(std::move(layer));
    }
    context.figure(std::move(bars));

    const std::int64_t row = exploreRow(view, sample);
    protocol::Figure scatter{
        .name = "neighbours", .title = "A pixel and its right neighbour", .section = "Statistics"};
    scatter.caption = "Of sample " + std::to_string(view.ids[row].item<std::int64_t>()) +
                      ", first channel: on the diagonal where neighbours are alike.";
    scatter.x = {.label = "Value", .low = 0, .high = 255};
    scatter.y = {.label = "Right neighbour", .low = 0, .high = 255};
    scatter.aspect = 1;
    for (const ExploreSight* sight : {&view.encrypted, &view.plain}) {
        const torch::Tensor plane = sight->images[row][0];
        const torch::Tensor left = plane.narrow(1, 0, plane.size(1) - 1).flatten(),
                            right = plane.narrow(1, 1, plane.size(1) - 1).flatten();
        const std::int64_t step = std::max<std::int64_t>(1, left.numel() / kScattered);
        protocol::Layer layer{.kind = protocol::LayerKind::Points, .name = sight->name};
        layer.role = sight == &view.plain ? "same" : "different";
        for (std::int64_t i = 0; i < left.numel(); i += step) {
            layer.x.push_back(left[i].item<double>());
            layer.y.push_back(right[i].item<double>());
        }
        scatter.layers.push_back(std::move(layer));
    }
    context.figure(std::move(scatter));
}

void emitExploreJpeg(engine::RunContext& context, const ExploreView& view)
{
    protocol::Figure figure{.name = "jpeg", .title = "Size as JPEG", .section = "Compression"};
    figure.caption =
        "Bytes of a mosaic of 64 encrypted images over those of the plain ones. At 1 encryption costs "
        "nothing; only EtC with blocks of 8 or 16 is meant to be compressed, the others cannot be "
        "decrypted afterwards.";
    figure.x = {.label = "Quality"};
    figure.y = {.label = "Encrypted / plain", .low = 0};
    protocol::Table table{.name = "jpeg", .title = "Size as JPEG", .section = "Compression"};
    table.columns = {numberColumn("quality", "Quality", 0), numberColumn("plain", "Plain", 0, "bytes"),
                     numberColumn("encrypted", "Encrypted", 0, "bytes"), numberColumn("ratio", "Ratio", 3)};
    protocol::Layer ratio{
        .kind = protocol::LayerKind::Line, .name = describe(view.spec), .role = "different"};
    for (std::size_t i = 0; i < view.qualities.size(); ++i) {
        ratio.x.push_back(view.qualities[i]);
        ratio.y.push_back(view.encryptedJpeg[i] / view.plainJpeg[i]);
        reporting::TableRow(table) << double(view.qualities[i]) << view.plainJpeg[i] << view.encryptedJpeg[i]
                                   << ratio.y.back();
    }
    protocol::Layer even{.kind = protocol::LayerKind::Marks, .role = "neutral"};
    even.y = {1};
    even.labels = {"as small as plain"};
    figure.layers = {std::move(ratio), std::move(even)};
    context.figure(std::move(figure));
    context.table(std::move(table));
}

void emitExploreMeasures(engine::RunContext& context, const ExploreView& view)
{
    protocol::Table table{.name = "measures", .title = "Near the plain image?", .section = "Statistics"};
    table.caption = "Means over " + std::to_string(view.ids.numel()) +
                    " images. PSNR leaves equal images out. The distance is LPIPS without learned weights on "
                    "the network named in the parameters, over the first images.";
    table.columns = {textColumn("images", "Images"),
                     numberColumn("ssim", "SSIM", 3),
                     numberColumn("psnr", "PSNR", 1, "dB"),
                     numberColumn("same", "Values unchanged", 1, "%"),
                     numberColumn("distance", "Network distance", 3),
                     numberColumn("entropy", "Entropy", 2, "bits"),
                     numberColumn("horizontal", "Correlation, horizontal", 3),
                     numberColumn("vertical", "vertical", 3),
                     numberColumn("diagonal", "diagonal", 3)};
    std::vector<const ExploreSight*> rows = {&view.plain, &view.encrypted, &view.decrypted, &view.wrongKey};
    for (const ExploreAttack& attack : view.attacks)
        rows.push_back(&attack.sight);
    for (const ExploreSight* sight : rows)
        reporting::TableRow(table) << sight->name << sightSsim(*sight) << metrics::meanPsnr(sight->psnr)
                                   << 100 * sight->same << sight->distance << sight->entropy
                                   << sight->correlation[0] << sight->correlation[1] << sight->correlation[2];
    context.table(std::move(table));
}

void emitExploreKey(engine::RunContext& context, const ExploreView& view)
{
    protocol::Table table{.name = "key", .title = "The key", .section = "Key"};
    table.caption =
        "The key space counts what the scheme can do to an image of this size, before symmetries. It "
        "says what trying all keys would cost, and nothing about the attacks below, which need no key. "
        "Of more than the secret key's own bits none protect.";
    table.columns = {textColumn("quantity", "Quantity"), textColumn("value", "Value")};
    char bits[64], own[32], share[32];
    std::snprintf(bits, sizeof bits, "2^%.1f", view.keySpaceBits);
    std::snprintf(own, sizeof own, "%.0f bits", view.keyBits);
    std::snprintf(share, sizeof share, "%.1f %%", 100 * view.sensitivity);
    reporting::TableRow(table) << std::string("fingerprint") << view.fingerprint;
    reporting::TableRow(table) << std::string("key space of the scheme") << std::string(bits);
    reporting::TableRow(table) << std::string("secret key") << std::string(own);
    reporting::TableRow(table) << std::string("encrypted values that one flipped bit of the key changes")
                               << std::string(share);
    context.table(std::move(table));
}

void emitExploreAttacks(engine::RunContext& context, const ExploreView& view)
{
    protocol::Table table{.name = "attacks", .title = "Attacks without the key", .section = "Attacks"};
    table.columns = {textColumn("attack", "Attack"),        textColumn("knows", "Knows"),
                     numberColumn("queries", "Queries", 0), numberColumn("ssim", "SSIM", 3),
                     numberColumn("psnr", "PSNR", 1, "dB"), numberColumn("same", "Values found", 1, "%")};
    protocol::Figure figure{
        .name = "attacks", .title = "How much of the image comes back", .section = "Attacks"};
    figure.caption =
        "SSIM with the plain image, mean over images: of the encrypted image, of what attacks make of "
        "it, and of a decryption with a wrong key.";
    figure.x = {.scale = protocol::AxisScale::Category};
    figure.y = {.label = "SSIM", .high = 1};
    figure.opens = "attacked";
    protocol::Layer bars{.kind = protocol::LayerKind::Bars, .name = "SSIM", .role = "different"};
    const auto bar = [&](const ExploreSight& sight) {
        bars.x.push_back(static_cast<double>(figure.x.categories.size()));
        bars.y.push_back(sightSsim(sight));
        figure.x.categories.push_back(sight.name);
    };
    bar(view.encrypted);
    bar(view.wrongKey);
    for (const ExploreAttack& attack : view.attacks) {
        bar(attack.sight);
        reporting::TableRow(table) << attack.sight.name << attack.knows << double(attack.queries)
                                   << sightSsim(attack.sight) << metrics::meanPsnr(attack.sight.psnr)
                                   << 100 * attack.sight.same;
    }
    figure.layers.push_back(std::move(bars));
    context.figure(std::move(figure));
    context.table(std::move(table));
}

double jpegRatioAt(const ExploreView& view, int quality)
{
    for (std::size_t i = 0; i < view.qualities.size(); ++i)
        if (view.qualities[i] == quality)
            return view.encryptedJpeg[i] / view.plainJpeg[i];
    return std::nan("");
}

} // namespace

std::int64_t exploreRow(const ExploreView& view, std::int64_t sample)
{
    const torch::Tensor found = view.ids.eq(sample).nonzero();
    return found.numel() > 0 ? found[0].item<std::int64_t>() : 0;
}

void emitExplore(engine::RunContext& context, const ExploreView& view, const SecretKey& key,
                 const ExploreParams& params)
{
    const std::int64_t sample = params.sample;
    emitExploreScene(context, view, sample);
    emitExploreBlocks(context, view, key, params);
    emitExploreGalleries(context, view);
    emitExploreMeasures(context, view);
    emitExploreHistograms(context, view);
    emitExploreCorrelation(context, view, sample);
    emitExploreKey(context, view);
    emitExploreAttacks(context, view);
    emitExploreJpeg(context, view);
    context.metric({.name = "ssim.encrypted", .value = sightSsim(view.encrypted)});
    context.metric({.name = "ssim.wrong_key", .value = sightSsim(view.wrongKey)});
    context.metric({.name = "psnr.encrypted", .value = metrics::meanPsnr(view.encrypted.psnr), .unit = "dB"});
    context.metric({.name = "same.decrypted", .value = view.decrypted.same});
    context.metric({.name = "sensitivity", .value = view.sensitivity});
    context.metric({.name = "key_space", .value = view.keySpaceBits, .unit = "bits"});
    context.metric({.name = "jpeg85", .value = jpegRatioAt(view, 85)});
    context.metric({.name = "ssim.fr", .value = sightSsim(view.attacks.front().sight)});
    context.metric({.name = "ssim.chosen", .value = sightSsim(view.attacks.back().sight)});
}

void emitExploreSchemes(engine::RunContext& context, const std::vector<ExploreView>& views)
{
    protocol::Table table{.name = "schemes", .title = "All schemes under this key", .section = "Schemes"};
    table.caption =
        "Means over " + std::to_string(views.front().ids.numel()) +
        " images; SSIM with the plain image; JPEG as in the figure above. A row's scheme, block and "
        "steps are those named, whatever the parameters say.";
    table.columns = {textColumn("scheme", "Scheme"),
                     numberColumn("key_bits", "Key space", 1, "bits"),
                     numberColumn("ssim", "SSIM encrypted", 3),
                     numberColumn("wrong_key", "SSIM wrong key", 3),
                     numberColumn("psnr", "PSNR", 1, "dB"),
                     numberColumn("entropy", "Entropy", 2, "bits"),
                     numberColumn("correlation", "Correlation, horizontal", 3),
                     numberColumn("distance", "Network distance", 3),
                     numberColumn("sensitivity", "One bit of the key changes", 1, "%"),
                     numberColumn("jpeg50", "JPEG 50", 2),
                     numberColumn("jpeg85", "JPEG 85", 2),
                     numberColumn("jpeg95", "JPEG 95", 2),
                     numberColumn("fr", "SSIM after FR basic", 3),
                     numberColumn("chosen", "SSIM after chosen plaintext", 3),
                     numberColumn("queries", "Queries", 0),
                     numberColumn("lossless", "Decrypted values equal", 1, "%")};
    for (const ExploreView& view : views) {
        const ExploreAttack& chosen = view.attacks.back();
        reporting::TableRow(table) << describe(view.spec) << view.keySpaceBits << sightSsim(view.encrypted)
                                   << sightSsim(view.wrongKey) << metrics::meanPsnr(view.encrypted.psnr)
                                   << view.encrypted.entropy << view.encrypted.correlation[0]
                                   << view.encrypted.distance << 100 * view.sensitivity
                                   << jpegRatioAt(view, 50) << jpegRatioAt(view, 85) << jpegRatioAt(view, 95)
                                   << sightSsim(view.attacks.front().sight) << sightSsim(chosen.sight)
                                   << double(chosen.queries) << 100 * view.decrypted.same;
    }
    context.table(std::move(table));
}

} // namespace assay::encryption
