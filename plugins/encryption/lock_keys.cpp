#include "plugins/encryption/lock_keys.h"

#include "backend/protocol/error.h"
#include "plugins/encryption/lock_params.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>

namespace assay::encryption::lock {

namespace {

using Indices = std::vector<std::int64_t>;

KeyStream streamOf(const SecretKey& key, const std::string& map, const char* what)
{
    return {key, "lock." + map + '.' + what};
}

std::int64_t lockedCount(const LockSpec& spec, const std::string& map, const MapShape& shape)
{
    const std::int64_t count = std::llround(spec.share * static_cast<double>(shape.channels));
    if (count < 2)
        throw Error("a share of " + std::to_string(spec.share) + " is fewer than two of the " +
                        std::to_string(shape.channels) + " channels of " + map,
                    "share", "Encrypt a larger share.");
    return count;
}

MapKey mapKey(const SecretKey& key, const LockSpec& spec, const std::string& map, const MapShape& shape)
{
    const std::int64_t count = lockedCount(spec, map, shape);
    Indices chosen = streamOf(key, map, "channels").permutation(shape.channels);
    chosen.resize(static_cast<std::size_t>(count));
    std::ranges::sort(chosen);
    MapKey result{.locked = torch::zeros({shape.channels}, torch::kBool),
                  .sources = torch::arange(shape.channels, torch::kInt64),
                  .signs = torch::ones({shape.channels}),
                  .cells = {},
                  .shape = shape};
    for (const std::int64_t channel : chosen)
        result.locked.data_ptr<bool>()[channel] = true;
    if (spec.transform == Transform::Permute || spec.transform == Transform::Both) {
        const Indices order = streamOf(key, map, "order").permutation(count);
        for (std::size_t i = 0; i < chosen.size(); ++i)
            result.sources.data_ptr<std::int64_t>()[chosen[i]] = chosen[static_cast<std::size_t>(order[i])];
    }
    if (spec.transform == Transform::Flip || spec.transform == Transform::Both) {
        const auto bits = streamOf(key, map, "signs").balancedBits(count);
        for (std::size_t i = 0; i < chosen.size(); ++i)
            result.signs.data_ptr<float>()[chosen[i]] = bits[i] ? -1.0F : 1.0F;
    }
    if (spec.transform == Transform::Shuffle) {
        if (shape.height % spec.block != 0 || shape.width % spec.block != 0)
            throw Error("map " + map + " of " + std::to_string(shape.height) + " x " +
                            std::to_string(shape.width) + " pixels does not fill blocks of " +
                            std::to_string(spec.block),
                        "map_block", "Choose a block that divides its sides.");
        const Indices cells = streamOf(key, map, "cells").permutation(spec.block * spec.block);
        result.cells = torch::tensor(cells, torch::kInt64);
        result.block = spec.block;
    }
    return result;
}

/// @p values, a permutation's, right at the first @p kept of @p positions; the others take the next one's.
void breakBeyond(torch::Tensor& values, const Indices& positions, std::size_t kept)
{
    auto* value = values.data_ptr<std::int64_t>();
    if (positions.size() - kept < 2)
        return;
    const std::int64_t first = value[positions[kept]];
    for (std::size_t i = kept; i + 1 < positions.size(); ++i)
        value[positions[i]] = value[positions[i + 1]];
    value[positions.back()] = first;
}

std::size_t keptOf(double share, std::size_t positions)
{
    return static_cast<std::size_t>(std::llround(share * static_cast<double>(positions)));
}

/// For every pixel of the map where it comes from, int64 [h*w].
torch::Tensor placesOf(const MapKey& key)
{
    const std::int64_t m = key.block, height = key.shape.height, width = key.shape.width;
    const auto* cells = key.cells.data_ptr<std::int64_t>();
    torch::Tensor places = torch::empty({height * width}, torch::kInt64);
    for (std::int64_t y = 0; y < height; ++y)
        for (std::int64_t x = 0; x < width; ++x) {
            const std::int64_t cell = cells[(y % m) * m + x % m];
            places.data_ptr<std::int64_t>()[y * width + x] =
                (y / m * m + cell / m) * width + x / m * m + cell % m;
        }
    return places;
}

models::MapChange shuffleOf(const MapKey& key, torch::Device device)
{
    const torch::Tensor locked = key.locked.view({1, -1, 1, 1}).to(device);
    const torch::Tensor places = placesOf(key).to(device);
    return [locked, places](const torch::Tensor& map) {
        const torch::Tensor shuffled = map.flatten(2).index_select(2, places).view(map.sizes());
        return torch::where(locked, shuffled, map).contiguous(map.suggest_memory_format());
    };
}

models::MapChange changeOf(const MapKey& key, torch::Device device)
{
    if (key.cells.defined())
        return shuffleOf(key, device);
    const torch::Tensor sources = key.sources.to(device);
    const torch::Tensor signs = key.signs.view({1, -1, 1, 1}).to(device);
    const bool flips = key.signs.lt(0).any().item<bool>();
    return [sources, signs, flips](const torch::Tensor& map) {
        const torch::Tensor moved = map.index_select(1, sources);
        return (flips ? moved * signs : moved).contiguous(map.suggest_memory_format());
    };
}

double log2Factorial(double n)
{
    return std::lgamma(n + 1) / std::log(2.0);
}

double log2Choose(double n, double k)
{
    return log2Factorial(n) - log2Factorial(k) - log2Factorial(n - k);
}

/// Permutations of n that move at most k: sum over j <= k of n choose j times the derangements of j.
double log2Permutations(std::int64_t n, std::int64_t k)
{
    if (k >= n)
        return log2Factorial(static_cast<double>(n));
    // Derangements by D(j) = (j-1) (D(j-1) + D(j-2)), all as parts of j!, which stay between 0 and 1.
    std::vector<double> part = {1, 0};
    for (std::int64_t j = 2; j <= k; ++j) {
        const auto at = [&](std::int64_t i) { return part[static_cast<std::size_t>(i)]; };
        const auto d = static_cast<double>(j);
        part.push_back((d - 1) / d * at(j - 1) + at(j - 2) / d);
    }
    double sum = 0; // in units of the largest term, that of k
    const auto term = [&](std::int64_t j) {
        return log2Factorial(static_cast<double>(n)) - log2Factorial(static_cast<double>(n - j));
    };
    for (std::int64_t j = 0; j <= k; ++j)
        sum += part[static_cast<std::size_t>(j)] * std::exp2(term(j) - term(k));
    return term(k) + std::log2(sum);
}

double mapBits(const LockSpec& spec, const std::string& map, const MapShape& shape)
{
    const std::int64_t count = lockedCount(spec, map, shape);
    const auto all = static_cast<double>(shape.channels), half = static_cast<double>(count / 2);
    const double orders = log2Permutations(shape.channels, count);
    const double signs = log2Choose(all, half); // any so many of all channels
    switch (spec.transform) {
    case Transform::Permute:
        return orders;
    case Transform::Flip:
        return signs;
    case Transform::Both:
        return orders + signs;
    case Transform::Shuffle:
        break;
    }
    return log2Choose(all, static_cast<double>(count)) +
           log2Factorial(static_cast<double>(spec.block * spec.block));
}

std::string tapOf(const std::string& map)
{
    return "block" + map.substr(1);
}

} // namespace

Transform transformFromName(const std::string& name)
{
    const auto& names = transformNames();
    const auto at = std::ranges::find(names, name);
    if (at == names.end())
        throw Error("there is no transform '" + name + "'", "transform",
                    "Choose among permute, flip, both and shuffle.");
    return static_cast<Transform>(at - names.begin());
}

std::string LockSpec::name() const
{
    std::string all;
    for (const std::string& map : maps)
        all += (all.empty() ? "" : "+") + map;
    return all;
}

std::vector<std::string> mapsNamed(const std::string& name, const MapShapes& shapes)
{
    std::vector<std::string> maps;
    for (std::size_t begin = 0; begin <= name.size();) {
        const std::size_t end = std::min(name.find('+', begin), name.size());
        const std::string map = name.substr(begin, end - begin);
        if (!shapes.contains(map))
            throw Error("the detector has no map '" + map + "'", "layers",
                        "Choose among c1 to c" + std::to_string(shapes.size()) + ", or several as c2+c3.");
        if (std::ranges::find(maps, map) != maps.end())
            throw Error("map " + map + " stands twice in '" + name + "'", "layers", "Name each map once.");
        maps.push_back(map);
        begin = end + 1;
    }
    return maps;
}

MapKeys mapKeys(const SecretKey& key, const LockSpec& spec, const MapShapes& shapes)
{
    MapKeys keys;
    for (const std::string& map : spec.maps)
        keys[map] = mapKey(key, spec, map, shapes.at(map));
    return keys;
}

MapKeys partlyRight(const MapKeys& right, const MapKeys& wrong, double share, const SecretKey& drawn)
{
    MapKeys keys;
    for (const auto& [map, key] : right) {
        MapKey partly = key;
        if (key.cells.defined()) {
            const Indices order = streamOf(drawn, map, "right").permutation(key.cells.size(0));
            partly.cells = key.cells.clone();
            breakBeyond(partly.cells, order, keptOf(share, order.size()));
            keys[map] = std::move(partly);
            continue;
        }
        Indices positions;
        for (const std::int64_t i : streamOf(drawn, map, "right").permutation(key.locked.size(0)))
            if (key.locked.data_ptr<bool>()[i])
                positions.push_back(i);
        const std::size_t kept = keptOf(share, positions.size());
        partly.sources = key.sources.clone();
        partly.signs = key.signs.clone();
        if (!torch::equal(key.sources, torch::arange(key.sources.size(0), torch::kInt64)))
            breakBeyond(partly.sources, positions, kept);
        for (std::size_t i = kept; i < positions.size(); ++i)
            partly.signs.data_ptr<float>()[positions[i]] =
                wrong.at(map).signs.data_ptr<float>()[positions[i]];
        keys[map] = std::move(partly);
    }
    return keys;
}

models::MapChanges changesOf(const MapKeys& keys, torch::Device device)
{
    models::MapChanges changes;
    for (const auto& [map, key] : keys)
        changes[tapOf(map)] = changeOf(key, device);
    return changes;
}

void lockExisting(models::Network& network, const MapKeys& keys)
{
    const torch::NoGradGuard off;
    MapShapes shapes; // for the number of maps alone
    for (std::size_t i = 1; i <= network.taps().size(); ++i)
        shapes["c" + std::to_string(i)] = {};
    for (const auto& [map, key] : keys) {
        if (key.cells.defined())
            throw Error("shuffled pixels of a map cannot be taken up by the next layer's weights", map,
                        "Train it locked, or let the key reorder channels or change signs.");
        const std::string consumer = consumerOf(map, shapes);
        for (auto& [name, weight] : network.persistent())
            if (name == consumer)
                weight.copy_(weight.index_select(1, key.sources.to(weight.device())) *
                             key.signs.to(weight.device()).view({1, -1, 1, 1}));
    }
}

double keySpaceBits(const LockSpec& spec, const MapShapes& shapes)
{
    double bits = 0;
    for (const std::string& map : spec.maps)
        bits += mapBits(spec, map, shapes.at(map));
    return bits;
}

std::string consumerOf(const std::string& map, const MapShapes& shapes)
{
    const auto number = static_cast<std::size_t>(std::stoul(map.substr(1)));
    return number < shapes.size() ? "conv" + std::to_string(number + 1) + ".weight" : "head.weight";
}

} // namespace assay::encryption::lock
