#include "plugins/patches/pod_blocks.h"

#include "plugins/patches/pod_draws.h"

#include <algorithm>
#include <cmath>

namespace assay::patches::pod {

namespace {

/// Where the blocks of one object lie and what they show.
struct Blocks
{
    std::vector<double> places;     ///< x and y of each block, fractions of the room it has in the box
    std::vector<std::uint8_t> cold; ///< cells x cells
    float grey = 0;
};

struct Particle
{
    Blocks now;
    std::vector<double> speed;
    Blocks best;
    double bestFitness = 2;
};

struct Swarm
{
    std::int64_t image = 0;
    data::Box box;
    Draws draws{0};
    std::vector<Particle> particles;
    Blocks best;
    double bestFitness = 2; ///< scores are at most 1
};

void drawPattern(Blocks& blocks, const BlockAttack& how, Draws& draws)
{
    blocks.cold.assign(static_cast<std::size_t>(how.cells * how.cells), 0);
    for (auto& cell : blocks.cold)
        cell = draws.unit() < 0.5;
    blocks.grey = static_cast<float>(
        std::clamp(draws.between(how.grey - how.greySpread, how.grey + how.greySpread), 0.0, 1.0));
}

/// The upright square of a block, in pixels.
data::Box squareOf(const Swarm& swarm, const Blocks& blocks, int block, const BlockAttack& how)
{
    const auto side = static_cast<float>(how.side) * swarm.box.height;
    const auto at = static_cast<std::size_t>(2 * block);
    data::Box square;
    square.sample = swarm.image;
    square.category = kPatch;
    square.width = square.height = side;
    square.x = swarm.box.x + static_cast<float>(blocks.places[at]) * std::max(0.0F, swarm.box.width - side);
    square.y =
        swarm.box.y + static_cast<float>(blocks.places[at + 1]) * std::max(0.0F, swarm.box.height - side);
    return square;
}

/// Draws the cold cells of all blocks: pixels whose centre lies in one. @returns how many pixels they cover.
std::int64_t draw(const torch::Tensor& image, const Swarm& swarm, const Blocks& blocks,
                  const BlockAttack& how)
{
    const std::int64_t channels = image.size(0), height = image.size(1), width = image.size(2);
    float* pixels = image.data_ptr<float>();
    std::int64_t covered = 0;
    for (int block = 0; block < how.blocks; ++block) {
        const data::Box square = squareOf(swarm, blocks, block, how);
        const auto top = std::max<std::int64_t>(0, std::llround(square.y));
        const auto left = std::max<std::int64_t>(0, std::llround(square.x));
        for (std::int64_t y = top; y < height && static_cast<float>(y) + 0.5F < square.y + square.height; ++y)
            for (std::int64_t x = left; x < width && static_cast<float>(x) + 0.5F < square.x + square.width;
                 ++x) {
                const auto cells = static_cast<float>(how.cells);
                const auto row =
                    static_cast<int>((static_cast<float>(y) + 0.5F - square.y) / square.height * cells);
                const auto column =
                    static_cast<int>((static_cast<float>(x) + 0.5F - square.x) / square.width * cells);
                if (row < 0 || column < 0 || row >= how.cells || column >= how.cells ||
                    !blocks.cold[static_cast<std::size_t>(row * how.cells + column)])
                    continue;
                ++covered;
                for (std::int64_t channel = 0; channel < channels; ++channel)
                    pixels[(channel * height + y) * width + x] = blocks.grey;
            }
    }
    return covered;
}

std::vector<Swarm> swarmsOf(const BoxLists& objects, const BlockAttack& how)
{
    std::vector<Swarm> swarms;
    for (std::size_t image = 0; image < objects.size(); ++image)
        for (std::size_t object = 0; object < objects[image].size(); ++object) {
            Swarm swarm;
            swarm.image = static_cast<std::int64_t>(image);
            swarm.box = objects[image][object];
            swarm.draws = Draws(Draws(how.seed + 1000003 * image + object).bits());
            swarm.particles.resize(static_cast<std::size_t>(how.particles));
            for (Particle& particle : swarm.particles) {
                particle.now.places.resize(static_cast<std::size_t>(2 * how.blocks));
                for (double& place : particle.now.places)
                    place = swarm.draws.unit();
                particle.speed.assign(particle.now.places.size(), 0);
                drawPattern(particle.now, how, swarm.draws);
            }
            swarm.best = swarm.particles.front().now;
            swarms.push_back(std::move(swarm));
        }
    return swarms;
}

/// Score of what would count as finding the object.
double foundWith(const models::Detections& found, const data::Box& box, std::int32_t category)
{
    const models::Detection truth{.x = box.x, .y = box.y, .width = box.width, .height = box.height};
    for (const models::Detection& one : found) // by descending score
        if (one.category == category && models::intersectionOverUnion(one, truth) >= 0.5)
            return one.score;
    return 0;
}

void judge(Swarm& swarm, Particle& particle, double fitness)
{
    if (fitness < particle.bestFitness) {
        particle.bestFitness = fitness;
        particle.best = particle.now;
    }
    if (fitness < swarm.bestFitness) {
        swarm.bestFitness = fitness;
        swarm.best = particle.now;
    }
}

void move(Swarm& swarm, Particle& particle, const BlockAttack& how)
{
    for (std::size_t i = 0; i < particle.speed.size(); ++i) {
        double& place = particle.now.places[i];
        particle.speed[i] = how.inertia * particle.speed[i] +
                            how.toOwn * swarm.draws.unit() * (particle.best.places[i] - place) +
                            how.toBest * swarm.draws.unit() * (swarm.best.places[i] - place);
        place = std::clamp(place + particle.speed[i], 0.0, 1.0);
    }
    drawPattern(particle.now, how, swarm.draws);
}

} // namespace

Attacked attackWithBlocks(const models::Detector& detector, const torch::Tensor& images,
                          const BoxLists& objects, std::int32_t category, const BlockAttack& how,
                          const SearchCalls& calls)
{
    std::vector<Swarm> swarms = swarmsOf(objects, how);
    const std::int64_t total = std::int64_t(how.rounds + 1) * how.particles;
    std::int64_t done = 0;
    // What is found with less does not matter to the search.
    const models::DetectionRule rule{.scoreAtLeast = 0.01};
    for (int round = 0; round <= how.rounds; ++round)
        for (std::size_t p = 0; p < static_cast<std::size_t>(how.particles); ++p) {
            if (calls.checkpoint)
                calls.checkpoint();
            const torch::Tensor tried = images.clone();
            std::vector<std::int64_t> covered;
            for (Swarm& swarm : swarms) {
                if (round > 0)
                    move(swarm, swarm.particles[p], how);
                covered.push_back(draw(tried[swarm.image], swarm, swarm.particles[p].now, how));
            }
            const auto found = detector.detect(tried, rule);
            for (std::size_t s = 0; s < swarms.size(); ++s) {
                Swarm& swarm = swarms[s];
                const double share = static_cast<double>(covered[s]) /
                                     std::max(1.0, double(swarm.box.width) * swarm.box.height);
                const double score =
                    foundWith(found[static_cast<std::size_t>(swarm.image)], swarm.box, category);
                judge(swarm, swarm.particles[p], score + how.areaWeight * share);
            }
            if (calls.progress)
                calls.progress(++done, total);
        }
    Attacked attacked{images.clone(), BoxLists(objects.size())};
    for (const Swarm& swarm : swarms) {
        draw(attacked.images[swarm.image], swarm, swarm.best, how);
        for (int block = 0; block < how.blocks; ++block)
            attacked.patches[static_cast<std::size_t>(swarm.image)].push_back(
                squareOf(swarm, swarm.best, block, how));
    }
    return attacked;
}

} // namespace assay::patches::pod
