#include "backend/training/zoo_generators.h"

#include "backend/data/attributed_images.h"
#include "backend/metrics/frechet_distance.h"
#include "backend/metrics/image_similarity.h"
#include "backend/models/generative/generative_file.h"
#include "backend/protocol/error.h"
#include "backend/training/generator_loss.h"
#include "backend/training/reader_loss.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/types.h>
#include <torch/utils.h>
#include <torch/version.h>

#include <algorithm>
#include <cmath>

namespace assay::training {

namespace {

namespace fs = std::filesystem;
using models::GenerativeCard;
using models::GenerativeKind;

constexpr std::int64_t kMostMeasured = 2000; ///< images for what is measured
constexpr std::int64_t kDecodedAtOnce = 200;
constexpr int kSamplingSteps = 30;
constexpr double kRelativeSlack = 0.02, kAbsoluteSlack = 0.01;

std::vector<GenerativeRecipe> makeGenerativeRecipes()
{
    return {
        {.name = "faces-generator",
         .title = "Style-based generator of drawn faces",
         .summary = "Makes drawn faces from styles, and finds the latents of a face: a style autoencoder.",
         .dataset = "faces",
         .images = 8000,
         .epochs = 10,
         .seed = 61},
        {.name = "faces-diffusion",
         .title = "Latent diffusion of drawn faces",
         .summary = "Draws latents of faces-generator, told an embedding that outlasts encryption by blocks.",
         .kind = GenerativeKind::LatentDiffusion,
         .dataset = "faces",
         .images = 8000,
         .epochs = 150,
         .seed = 62,
         .generator = "faces-generator",
         .readerEpochs = 6},
        {.name = "garments-generator",
         .title = "Style-based generator of coloured garments",
         .summary = "Makes garments in drawn colours from styles, and finds the latents of one: a style "
                    "autoencoder.",
         .dataset = "fashion-mnist",
         .images = 8000,
         .epochs = 8,
         .seed = 63},
        {.name = "garments-diffusion",
         .title = "Latent diffusion of coloured garments",
         .summary =
             "Draws latents of garments-generator, told an embedding that outlasts encryption by blocks.",
         .kind = GenerativeKind::LatentDiffusion,
         .dataset = "fashion-mnist",
         .images = 8000,
         .epochs = 150,
         .seed = 64,
         .generator = "garments-generator",
         .readerEpochs = 6},
    };
}

at::Generator drawsOf(std::uint64_t seed, std::uint64_t stream)
{
    return at::detail::createCPUGenerator(1000 * seed + stream);
}

/// The recipe's training images, and as many test images as are measured on. All draws follow from the seed.
data::AttributedImages imagesOf(const GenerativeRecipe& recipe, const data::Dataset& set)
{
    const auto drawn = [&](data::Split split, std::int64_t count, std::uint64_t stream) {
        const std::int64_t size = set.size(split);
        return torch::randperm(size, drawsOf(recipe.seed, stream), torch::kInt64)
            .narrow(0, 0, std::min(size, count))
            .contiguous();
    };
    return data::attributedImages(set, {.trainIds = drawn(data::Split::Train, recipe.images, 1),
                                        .testIds = drawn(data::Split::Test, kMostMeasured, 2),
                                        .side = recipe.side,
                                        .trainTints = drawsOf(recipe.seed, 3),
                                        .testTints = drawsOf(recipe.seed, 4)});
}

torch::Tensor unitOf(const torch::Tensor& bytes)
{
    return bytes.to(torch::kFloat32).div_(255.0);
}

torch::Tensor decoded(models::StyleAutoencoder& network, const torch::Tensor& latents)
{
    const torch::NoGradGuard off;
    std::vector<torch::Tensor> parts;
    for (std::int64_t first = 0; first < latents.size(0); first += kDecodedAtOnce)
        parts.push_back(network.decode(
            network.map(latents.narrow(0, first, std::min(kDecodedAtOnce, latents.size(0) - first)))));
    return torch::cat(parts);
}

Json measureGenerator(models::StyleAutoencoder& network, const data::AttributedImages& images)
{
    const torch::Tensor plain = unitOf(images.test);
    const torch::Tensor made = decoded(network, latentsOf(network, images.test, torch::kCPU));
    const torch::Tensor mean = unitOf(images.train).mean(0, true);
    return {{"mse", torch::mse_loss(made, plain).item<double>()},
            {"psnr", metrics::meanPsnr(metrics::psnr(plain, made))},
            {"ssim", metrics::ssim(plain, made).mean().item<double>()},
            {"mse_mean_image", (mean - plain).square().mean().item<double>()}};
}

Json measureDiffusion(const models::ToldDiffusion& networks, models::StyleAutoencoder& generator,
                      const data::AttributedImages& images, std::uint64_t seed)
{
    models::AttributeReader& reader = *networks.reader;
    const auto embed = [&](const torch::Tensor& x) { return embeddingsOf(reader, x, torch::kCPU); };
    const torch::Tensor test = embed(unitOf(images.test)),
                        train = embed(
                            unitOf(images.train.narrow(0, 0, std::min(kMostMeasured, images.train.size(0)))));
    const torch::Tensor latents = latentsOf(generator, images.train, torch::kCPU);
    const torch::Tensor untold =
        networks.diffusion->sample(torch::zeros_like(test), 0, kSamplingSteps, drawsOf(seed, 11));
    const torch::Tensor random =
        torch::randn({test.size(0), latents.size(1)}, drawsOf(seed, 12)) * latents.std(0) + latents.mean(0);
    const torch::Tensor centre = train.mean(0), wanted = test - centre;
    const torch::Tensor drawn =
        embed(decoded(generator, networks.diffusion->sample(wanted, 1, kSamplingSteps, drawsOf(seed, 13))));
    const torch::Tensor told = drawn - centre;
    const auto cosine = [&](const torch::Tensor& other) {
        return torch::cosine_similarity(told, other, 1).mean().item<double>();
    };
    return {{"fd", metrics::frechetDistance(embed(decoded(generator, untold)), test)},
            {"fd_told", metrics::frechetDistance(drawn, test)},
            {"fd_latents", metrics::frechetDistance(embed(decoded(generator, random)), test)},
            {"fd_train", metrics::frechetDistance(train, test)},
            {"told", cosine(wanted)},
            {"told_other", cosine(wanted.roll(1, 0))}};
}

GenerativeCard generativeCardOf(const GenerativeRecipe& recipe, const data::Dataset& set, std::int64_t images)
{
    GenerativeCard card;
    card.name = recipe.name;
    card.title = recipe.title;
    card.summary = recipe.summary;
    card.kind = recipe.kind;
    card.dataset = recipe.dataset;
    card.datasetHash = set.hash();
    card.recipe = toJson(recipe);
    card.recipe["images"] = images;
    card.recipe["libtorch"] = TORCH_VERSION;
    return card;
}

/// The card of the generator that a diffusion belongs to.
GenerativeCard generatorCard(const fs::path& folder, const GenerativeRecipe& recipe)
{
    const fs::path file = folder / (recipe.generator + ".json");
    std::error_code code;
    if (!fs::exists(file, code))
        throw Error("the generator '" + recipe.generator + "', whose latents '" + recipe.name +
                        "' draws, is not there",
                    folder.string(), "Train it first: 'assay-cli zoo train " + recipe.generator + "'.");
    return models::readGenerativeCard(file);
}

GenerativeCard trainAutoencoder(const GenerativeRecipe& recipe, const data::Dataset& set,
                                const fs::path& folder, const GenerativeProgress& progress)
{
    const data::AttributedImages images = imagesOf(recipe, set);
    const auto made = std::make_shared<models::StyleAutoencoder>(
        models::StyleAutoencoderSpec{.side = recipe.side}); // saved by its own pointer
    models::StyleAutoencoder& network = *made;
    const auto losses =
        learnRows(network, images.train.size(0), {.epochs = recipe.epochs, .batch = 25, .seed = recipe.seed},
                  generatorLoss(network, images.train, torch::kCPU, recipe.beta),
                  [&](std::int64_t done, std::int64_t total) { progress(recipe.name, done, total); });
    GenerativeCard card = generativeCardOf(recipe, set, images.train.size(0));
    card.recipe["last_loss"] = losses.back();
    card.measured = measureGenerator(network, images);
    return models::saveGenerative(folder, network, std::move(card));
}

GenerativeCard trainDiffusion(const GenerativeRecipe& recipe, const data::Dataset& set,
                              const fs::path& folder, const GenerativeProgress& progress)
{
    const GenerativeCard beside = generatorCard(folder, recipe);
    const auto generator = models::openAutoencoder(folder, beside, torch::kCPU);
    const data::AttributedImages images = imagesOf(recipe, set);
    std::vector<std::int64_t> values;
    std::vector<torch::Tensor> labels;
    Json names = Json::array();
    for (const data::FewValued& attribute : images.attributes) {
        values.push_back(static_cast<std::int64_t>(attribute.values.size()));
        labels.push_back(attribute.train);
        names.push_back(attribute.name);
    }
    if (labels.empty())
        throw Error("has no attributes that an embedding could learn", set.info().name);
    const std::int64_t count = images.train.size(0);
    models::ToldDiffusion networks{.diffusion = std::make_shared<models::LatentDiffusion>(
                                       generator->spec().latent, models::AttributeReader::kEmbedding),
                                   .reader = std::make_shared<models::AttributeReader>(recipe.side, values)};
    learnRows(*networks.reader, count, {.epochs = recipe.readerEpochs, .seed = recipe.seed},
              readerLoss(*networks.reader, images.train, torch::stack(labels), torch::kCPU,
                         [&](const torch::Tensor& x, const torch::Tensor&, at::Generator draws) {
                             return roughened(x, recipe.block, std::move(draws));
                         }),
              [&](std::int64_t done, std::int64_t total) {
                  progress(recipe.name + ": the embedding", done, total);
              });
    const torch::Tensor latents = latentsOf(*generator, images.train, torch::kCPU);
    torch::Tensor told = embeddingsOf(*networks.reader, unitOf(images.train), torch::kCPU);
    told = models::unitRows(told - told.mean(0));
    networks.diffusion->scaleTo(latents);
    const auto losses =
        learnRows(*networks.diffusion, count, {.epochs = recipe.epochs, .batch = 100, .seed = recipe.seed},
                  diffusionLoss(*networks.diffusion, latents, told),
                  [&](std::int64_t done, std::int64_t total) { progress(recipe.name, done, total); });
    GenerativeCard card = generativeCardOf(recipe, set, count);
    card.recipe["generator_sha256"] = beside.sha256;
    card.recipe["attributes"] = names;
    card.recipe["last_loss"] = losses.back();
    card.measured = measureDiffusion(networks, *generator, images, recipe.seed);
    return models::saveGenerative(folder, networks, std::move(card));
}

/// What differs between the card and what was measured; empty: nothing by more than the slack.
std::string difference(const Json& said, const Json& found)
{
    for (const auto& [name, value] : found.items()) {
        const Json claimed = said.value(name, Json());
        const double a = value.get<double>(), b = claimed.is_number() ? claimed.get<double>() : std::nan("");
        if (!(std::abs(a - b) <= std::max(kAbsoluteSlack, kRelativeSlack * std::abs(b))))
            return name + " is " + Json(a).dump() + "; its card says " + claimed.dump() + ".";
    }
    return {};
}

GenerativeCheck checkGenerative(const fs::path& folder, const GenerativeCard& card,
                                const data::DatasetCatalogue& catalogue)
{
    GenerativeCheck check{.name = card.name, .problem = {}};
    try {
        const GenerativeRecipe* recipe = generativeRecipe(card.name);
        const auto installed = std::ranges::any_of(catalogue.list(), [&](const data::DatasetInfo& info) {
            return info.name == card.dataset && info.available;
        });
        const bool diffusion = card.kind == GenerativeKind::LatentDiffusion;
        // Opened in any case: hash and weights are checked.
        const auto told =
            diffusion ? models::openDiffusion(folder, card, torch::kCPU) : models::ToldDiffusion();
        const auto own = diffusion ? nullptr : models::openAutoencoder(folder, card, torch::kCPU);
        if (!recipe || !installed)
            return check;
        const auto set = catalogue.open(card.dataset);
        if (set->hash() != card.datasetHash)
            return check;
        const data::AttributedImages images = imagesOf(*recipe, *set);
        const auto generator =
            own ? own : models::openAutoencoder(folder, generatorCard(folder, *recipe), torch::kCPU);
        check.found = diffusion ? measureDiffusion(told, *generator, images, recipe->seed)
                                : measureGenerator(*generator, images);
        check.measured = true;
        if (const std::string wrong = difference(card.measured, check.found); !wrong.empty())
            check.problem = card.name + ": " + wrong;
    } catch (const Error& error) {
        check.problem = error.what();
    }
    return check;
}

} // namespace

Json toJson(const GenerativeRecipe& recipe)
{
    Json json = {{"images", recipe.images}, {"epochs", recipe.epochs}, {"seed", recipe.seed}};
    if (recipe.kind == GenerativeKind::StyleAutoencoder) {
        json["side"] = recipe.side;
        json["beta"] = recipe.beta;
    } else {
        json["generator"] = recipe.generator;
        json["reader_epochs"] = recipe.readerEpochs;
        json["block"] = recipe.block;
    }
    return json;
}

const std::vector<GenerativeRecipe>& generativeRecipes()
{
    static const std::vector<GenerativeRecipe> recipes = makeGenerativeRecipes();
    return recipes;
}

const GenerativeRecipe* generativeRecipe(const std::string& name)
{
    const auto found = std::ranges::find(generativeRecipes(), name, &GenerativeRecipe::name);
    return found == generativeRecipes().end() ? nullptr : &*found;
}

GenerativeCard trainGenerative(const std::string& name, const fs::path& folder,
                               const data::DatasetCatalogue& catalogue, const GenerativeProgress& progress)
{
    const GenerativeRecipe* recipe = generativeRecipe(name);
    if (!recipe)
        throw Error("the zoo has no generative recipe for '" + name + "'");
    const auto set = catalogue.open(recipe->dataset);
    return recipe->kind == GenerativeKind::LatentDiffusion
               ? trainDiffusion(*recipe, *set, folder, progress)
               : trainAutoencoder(*recipe, *set, folder, progress);
}

std::vector<GenerativeCheck> verifyGenerative(const fs::path& folder, const data::DatasetCatalogue& catalogue,
                                              const std::function<void(const GenerativeCheck&)>& progress)
{
    std::vector<std::string> problems;
    std::vector<GenerativeCheck> checks;
    const std::vector<GenerativeCard> cards = models::generativeCards(folder, &problems);
    for (const std::string& problem : problems)
        checks.push_back({.name = {}, .problem = problem});
    for (const GenerativeCard& card : cards) {
        checks.push_back(checkGenerative(folder, card, catalogue));
        if (progress)
            progress(checks.back());
    }
    return checks;
}

} // namespace assay::training
