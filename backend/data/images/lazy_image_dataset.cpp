#include "backend/data/images/lazy_image_dataset.h"

#include "backend/data/images/own_pages.h"
#include "backend/data/images/parallel_for.h"
#include "backend/protocol/error.h"

#include <QCryptographicHash>
#include <QFile>
#include <torch/types.h>

#include <algorithm>

namespace assay::data {

namespace {

/// Keys of the thumbnail cache hold the longer side too: at most 1024, and ids are below 2^22.
std::uint64_t keyOf(Split split, std::int64_t id, std::int64_t side = 0)
{
    return static_cast<std::uint64_t>(side) << 40 | static_cast<std::uint64_t>(id) << 1 |
           (split == Split::Test ? 1u : 0u);
}

void checkShape(const ImageShape& shape, const std::string& where)
{
    if (shape.channels != 1 && shape.channels != 3)
        throw Error("option 'channels' is " + std::to_string(shape.channels) + "; it must be 1 or 3", where);
    for (const auto& [name, side] : {std::pair("height", shape.height), std::pair("width", shape.width)}) {
        if (side < 1 || side > kMaxTargetSide)
            throw Error("option '" + std::string(name) + "' is " + std::to_string(side) +
                            "; it must be 1 to " + std::to_string(kMaxTargetSide),
                        where);
    }
}

QByteArray digestOf(const std::vector<std::uint8_t>& bytes)
{
    return QCryptographicHash::hash(QByteArray::fromRawData(reinterpret_cast<const char*>(bytes.data()),
                                                            static_cast<qsizetype>(bytes.size())),
                                    QCryptographicHash::Sha256);
}

} // namespace

LazyImageDataset::LazyImageDataset(DatasetInfo info, ImageList list, ImageRoot root, ImageShape shape,
                                   ImageMemory memory)
    : m_info(std::move(info))
    , m_list(std::move(list))
    , m_root(std::move(root))
    , m_shape(shape)
    , m_cache(memory.pixelBytes)
    , m_thumbnails(memory.thumbnailBytes)
{
    const std::string where = m_root.folder().string();
    checkShape(m_shape, where);
    if (m_list.count() == 0)
        throw Error("holds no pictures", where, "Check the path and the split.");
    m_info.classes = m_list.classes;
    for (const Split split : {Split::Train, Split::Test}) {
        const ImagePart& part = m_list.part(split);
        m_labels[index(split)] = torch::tensor(part.labels, torch::kInt64);
        for (const std::int64_t label : part.labels) {
            if (label < 0 || label >= static_cast<std::int64_t>(m_info.classes.size()))
                throw Error("label " + std::to_string(label) + " has no class name; " +
                                std::to_string(m_info.classes.size()) + " are given",
                            where, "Name every class.");
        }
    }
    m_info.trainCount = size(Split::Train);
    m_info.testCount = size(Split::Test);
    m_info.channels = m_shape.channels;
    m_info.height = m_shape.height;
    m_info.width = m_shape.width;
    m_info.attributes.clear();
    for (const Attribute& attribute : samples(size(Split::Train) > 0 ? Split::Train : Split::Test).attributes)
        m_info.attributes.push_back(attribute.name);
}

const std::string& LazyImageDataset::nameOf(Split split, std::int64_t id) const
{
    if (id < 0 || id >= size(split))
        throw Error("there is no sample " + std::to_string(id) + "; the split has " +
                        std::to_string(size(split)),
                    m_info.name);
    return m_list.part(split).table.names[static_cast<std::size_t>(id)];
}

std::vector<std::int64_t> LazyImageDataset::checkedIds(Split split, const torch::Tensor& ids) const
{
    const torch::Tensor plain = ids.contiguous();
    const auto* first = plain.data_ptr<std::int64_t>();
    std::vector<std::int64_t> checked(first, first + plain.numel());
    for (const std::int64_t id : checked)
        nameOf(split, id);
    return checked;
}

torch::Tensor LazyImageDataset::held(Split split) const
{
    const std::lock_guard lock(m_mutex);
    return m_pixels[index(split)];
}

bool LazyImageDataset::resident() const
{
    const std::lock_guard lock(m_mutex);
    return std::ranges::all_of(std::array{Split::Train, Split::Test}, [this](Split split) {
        return size(split) == 0 || m_pixels[index(split)].defined();
    });
}

void LazyImageDataset::decode(Split split, std::int64_t id, const torch::Tensor& out, int reduce) const
{
    const std::string& name = nameOf(split, id);
    imaging::DecodeOptions options = m_shape.decodeOptions();
    options.reduce = reduce;
    imaging::decodeInto(m_root.read(name), options, m_shape.fit, out, (m_root.folder() / name).string());
}

void LazyImageDataset::fill(Split split, std::int64_t id, const torch::Tensor& out) const
{
    const std::uint64_t key = keyOf(split, id);
    if (const torch::Tensor cached = m_cache.find(key); cached.defined()) {
        std::copy_n(cached.data_ptr<std::uint8_t>(), cached.numel(), out.data_ptr<std::uint8_t>());
        return;
    }
    decode(split, id, out, 1);
    m_cache.put(key, out);
}

torch::Tensor LazyImageDataset::pixelsOf(Split split, const torch::Tensor& ids) const
{
    if (const torch::Tensor all = held(split); all.defined())
        return all.index_select(0, ids);
    const std::vector<std::int64_t> wanted = checkedIds(split, ids);
    const auto count = static_cast<std::int64_t>(wanted.size());
    if (count > 0 && m_shape.bytes() > kMaxResidentBytes / count)
        throw Error(std::to_string(count) + " pictures of this size need more than " +
                        std::to_string(kMaxResidentBytes >> 30) + " GiB at once",
                    m_info.name, "Choose a smaller size, or take fewer at a time.");
    const torch::Tensor pixels = bytesInOwnPages({count, m_shape.channels, m_shape.height, m_shape.width});
    parallelFor(count, [&](std::int64_t i) {
        fill(split, wanted[static_cast<std::size_t>(i)], pixels.select(0, i));
    });
    return pixels;
}

torch::Tensor LazyImageDataset::pixels(Split split) const
{
    const std::lock_guard filling(m_fillMutex);
    if (torch::Tensor all = held(split); all.defined())
        return all;
    const std::int64_t count = size(split);
    if (count > 0 && m_shape.bytes() > kMaxResidentBytes / count)
        throw Error("the split has " + std::to_string(count) + " pictures of " +
                        std::to_string(m_shape.width) + " x " + std::to_string(m_shape.height) +
                        " pixels, more than the " + std::to_string(kMaxResidentBytes >> 30) +
                        " GiB that are held at once",
                    m_info.name, "Choose a smaller size, or take fewer pictures.");
    const torch::Tensor all =
        torch::empty({count, m_shape.channels, m_shape.height, m_shape.width}, torch::kUInt8);
    parallelFor(count, [&](std::int64_t i) { // not through the cache: all of it is kept anyway
        const torch::Tensor cached = m_cache.find(keyOf(split, i));
        if (cached.defined())
            all.select(0, i).copy_(cached);
        else
            decode(split, i, all.select(0, i), 1);
    });
    {
        const std::lock_guard lock(m_mutex);
        m_pixels[index(split)] = all;
    }
    m_cache.clear();
    return all;
}

torch::Tensor LazyImageDataset::thumbnail(Split split, std::int64_t id, int height, int width) const
{
    const std::uint64_t key = keyOf(split, id, std::max(height, width));
    if (torch::Tensor cached = m_thumbnails.find(key); cached.defined())
        return cached;
    torch::Tensor small;
    if (const torch::Tensor full = m_cache.find(keyOf(split, id)); full.defined()) {
        small = imaging::resize(full, height, width);
    } else {
        const imaging::ImageSize size = m_root.header(nameOf(split, id)).size;
        int reduce = 8; // as far as twice the thumbnail's pixels remain
        while (reduce > 1 && std::min(size.width, size.height) / reduce < 2 * std::max(height, width))
            reduce /= 2;
        small = torch::empty({m_shape.channels, height, width}, torch::kUInt8);
        decode(split, id, small, reduce);
    }
    m_thumbnails.put(key, small);
    return small;
}

torch::Tensor LazyImageDataset::thumbnails(Split split, const torch::Tensor& ids, std::int64_t side) const
{
    if (held(split).defined())
        return Dataset::thumbnails(split, ids, side);
    const auto [height, width] = thumbnailSize(m_info, side);
    const std::vector<std::int64_t> wanted = checkedIds(split, ids);
    std::vector<torch::Tensor> small(wanted.size());
    parallelFor(static_cast<std::int64_t>(wanted.size()), [&, h = height, w = width](std::int64_t i) {
        const auto at = static_cast<std::size_t>(i);
        small[at] = thumbnail(split, wanted[at], static_cast<int>(h), static_cast<int>(w));
    });
    if (small.empty())
        return torch::empty({0, m_shape.channels, height, width}, torch::kUInt8);
    return torch::stack(small);
}

torch::Tensor LazyImageDataset::original(Split split, std::int64_t id) const
{
    const std::string& name = nameOf(split, id);
    return imaging::decodeImage(m_root.read(name), m_shape.decodeOptions(),
                                (m_root.folder() / name).string());
}

const std::string& LazyImageDataset::hash() const
{
    const std::lock_guard lock(m_hashMutex);
    if (m_hash.empty())
        m_hash = computeHash();
    return m_hash;
}

std::string LazyImageDataset::computeHash() const
{
    QCryptographicHash hash(QCryptographicHash::Sha256);
    const auto add = [&hash](const std::string& text) {
        hash.addData(QByteArray(text.data(), static_cast<qsizetype>(text.size()) + 1)); // with its 0
    };
    const auto& colour = m_shape.background;
    add("images 1 " + std::to_string(m_shape.channels) + " " + std::to_string(m_shape.height) + " " +
        std::to_string(m_shape.width) + " " + imaging::fitName(m_shape.fit) + " " +
        std::to_string(colour[0]) + " " + std::to_string(colour[1]) + " " + std::to_string(colour[2]) +
        (m_shape.upright ? " upright" : " stored"));
    for (const std::string& name : m_info.classes)
        add(name);
    for (const Split split : {Split::Train, Split::Test}) {
        std::vector<QByteArray> digests(static_cast<std::size_t>(size(split)));
        parallelFor(size(split), [&](std::int64_t i) {
            digests[static_cast<std::size_t>(i)] = digestOf(m_root.read(nameOf(split, i)));
        });
        add(split == Split::Train ? "train" : "test");
        for (std::int64_t i = 0; i < size(split); ++i) {
            add(nameOf(split, i));
            add(std::to_string(m_list.part(split).labels[static_cast<std::size_t>(i)]));
            hash.addData(digests[static_cast<std::size_t>(i)]);
        }
    }
    for (const std::filesystem::path& path : m_list.described) {
        QFile file(QString::fromStdString(path.string()));
        if (!file.open(QIODevice::ReadOnly) || !hash.addData(&file))
            throw Error("cannot be read", path.string(), "Check the file's permissions.");
    }
    return hash.result().toHex().toStdString();
}

} // namespace assay::data
