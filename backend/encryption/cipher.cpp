#include "backend/encryption/cipher.h"

#include "backend/encryption/byte_kernels.h"
#include "backend/encryption/field_moves.h"
#include "backend/encryption/image_loop.h"
#include "backend/encryption/unit_moves.h"
#include "backend/protocol/error.h"

#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <sstream>

namespace assay::encryption {

namespace {

constexpr int kMostBlockSide = 256;
constexpr std::int64_t kMostValues = std::int64_t(1) << 28;
constexpr double kMostByte = 255;

std::string shapeText(const torch::Tensor& tensor)
{
    std::ostringstream text;
    text << tensor.scalar_type() << ' ' << tensor.sizes();
    return text.str();
}

void checkShape(const CipherSpec& spec, const ImageShape& shape)
{
    if (spec.block < 1 || spec.block > kMostBlockSide)
        throw Error("'block' is " + std::to_string(spec.block) + "; it must be from 1 to 256", "cipher");
    if (shape.channels < 1 || shape.height < 1 || shape.width < 1 ||
        shape.height > kMostValues / shape.channels / shape.width)
        throw Error("images to encrypt must have at least one value and at most 2^28", "cipher");
    if (spec.scheme != Scheme::Pe && (shape.height % spec.block != 0 || shape.width % spec.block != 0))
        throw Error("images of " + std::to_string(shape.width) + " x " + std::to_string(shape.height) +
                        " pixels cannot be cut into blocks of " + std::to_string(spec.block),
                    "cipher", "Choose a block that divides both sides, or pad the images");
}

/// What a part of an image is counted in: rows of blocks, or values.
std::int64_t unitsOf(const CipherTables& tables, const ImageShape& shape)
{
    return tables.fields.side > 0 ? shape.height / tables.fields.side : shape.values();
}

/// Runs on the host what is encrypted or decrypted with @p tables: [n, values] to the same, of image @p image
/// the units [first, last).
void runOnHost(const CipherTables& tables, const ImageShape& shape, const torch::Tensor& in,
               const torch::Tensor& out, bool back, std::int64_t image, std::int64_t first, std::int64_t last)
{
    const std::int64_t at = image * in.size(1);
    if (!tables.coded.empty()) {
        if (back)
            lookBack(in.data_ptr<std::int16_t>() + at, tables.coded.data(), tables.plainOrInverse.data(),
                     out.data_ptr<std::uint8_t>() + at, first, last);
        else
            lookUp(in.data_ptr<std::uint8_t>() + at, tables.coded.data(), tables.plainOrCoded.data(),
                   out.data_ptr<std::int16_t>() + at, first, last);
        return;
    }
    const std::uint8_t* from = in.data_ptr<std::uint8_t>() + at;
    std::uint8_t* to = out.data_ptr<std::uint8_t>() + at;
    if (tables.fields.side > 0) {
        runFields(back ? tables.fieldsBack : tables.fields, shape, from, to, first, last);
        return;
    }
    if (!tables.halves.mask.empty()) {
        const NibbleMoves& halves = back ? tables.backs : tables.halves;
        moveNibbles(from, halves.low.data(), halves.high.data(), halves.mask.data(), to, first, last);
        return;
    }
    const Moves& moves = back ? tables.back : tables.moves;
    moveBytes(from, moves.source.empty() ? nullptr : moves.source.data(), moves.mask.data(), to, first, last);
}

torch::Tensor emptyResult(const torch::Tensor& in, Scheme scheme, bool back)
{
    return torch::empty(in.sizes(), scheme == Scheme::Ffx && !back ? torch::kInt16 : torch::kUInt8);
}

} // namespace

struct Cipher::Tables
{
    CipherSpec spec;
    ImageShape shape;
    std::shared_ptr<UnitMoves> made; ///< shared with the graphs of gradients, which may outlive the cipher

    const CipherTables& tables() const { return made->tables; }

    /// As [n, values], of type @p type.
    torch::Tensor flat(const torch::Tensor& images, torch::ScalarType type) const
    {
        if (images.dim() != 4 || images.scalar_type() != type || images.size(1) != shape.channels ||
            images.size(2) != shape.height || images.size(3) != shape.width)
            throw Error("the cipher was made for " + std::string(c10::toString(type)) + " [n, " +
                            std::to_string(shape.channels) + ", " + std::to_string(shape.height) + ", " +
                            std::to_string(shape.width) + "] and was given " + shapeText(images),
                        "cipher");
        return images.contiguous().view({images.size(0), shape.values()});
    }

    torch::Tensor run(const torch::Tensor& images, bool back) const
    {
        const torch::NoGradGuard off;
        if (!images.device().is_cpu()) {
            const auto on = made->devices.on(images.device(), tables());
            if (on->digits)
                return back ? on->digits->back(images) : on->digits->forward(images);
            if (on->halves)
                return (back ? on->backs : on->halves)->bytes(images);
            return (back ? on->back : on->moves)->bytes(images);
        }
        const torch::Tensor out = emptyResult(images, spec.scheme, back);
        const std::int64_t units = unitsOf(tables(), shape);
        forEachPart(images.size(0), units, shape.values() / units, false,
                    [&](std::int64_t image, std::int64_t first, std::int64_t last) {
                        runOnHost(tables(), shape, images, out, back, image, first, last);
                    });
        return out;
    }
};

Cipher::Cipher(CipherSpec spec, const SecretKey& key, std::int64_t channels, std::int64_t height,
               std::int64_t width, std::optional<std::int64_t> image)
{
    const ImageShape shape{channels, height, width};
    checkShape(spec, shape);
    auto made = std::make_shared<UnitMoves>();
    made->tables = cipherTables(spec, key, shape, image ? ".img." + std::to_string(*image) : std::string());
    m_tables = std::make_unique<const Tables>(Tables{spec, shape, std::move(made)});
}

Cipher::~Cipher() = default;
Cipher::Cipher(Cipher&&) noexcept = default;
Cipher& Cipher::operator=(Cipher&&) noexcept = default;

const CipherSpec& Cipher::spec() const
{
    return m_tables->spec;
}

torch::Tensor Cipher::encrypt(const torch::Tensor& images) const
{
    return m_tables->run(m_tables->flat(images, torch::kUInt8), false).view(images.sizes());
}

torch::Tensor Cipher::decrypt(const torch::Tensor& encrypted) const
{
    const torch::ScalarType type = spec().scheme == Scheme::Ffx ? torch::kInt16 : torch::kUInt8;
    return m_tables->run(m_tables->flat(encrypted, type), true).view(encrypted.sizes());
}

double Cipher::digitScale() const
{
    return spec().scheme == Scheme::Ffx ? m_tables->tables().digits.most : kMostByte;
}

torch::Tensor Cipher::encryptUnit(const torch::Tensor& images) const
{
    const torch::Tensor flat = m_tables->flat(images, torch::kFloat32);
    if (!m_tables->tables().moves.mask.empty())
        return moveUnitValues(m_tables->made, flat).view(images.sizes());
    torch::Tensor encrypted;
    {
        const torch::NoGradGuard off;
        const torch::Tensor bytes = (flat.detach() * kMostByte).round().clamp(0, kMostByte).to(torch::kUInt8);
        encrypted = m_tables->run(bytes, false).to(torch::kFloat32).div(digitScale()).view(images.sizes());
    }
    if (!torch::GradMode::is_enabled() || !images.requires_grad())
        return encrypted;
    // The value of the cipher, the gradient of the identity.
    return encrypted + (images - images.detach());
}

double Cipher::keySpaceBits() const
{
    return encryption::keySpaceBits(m_tables->spec, m_tables->shape);
}

torch::Tensor Cipher::sources() const
{
    const CipherTables& tables = m_tables->tables();
    if (tables.moves.mask.empty())
        throw Error(std::string("the scheme '") + schemeName(spec().scheme) +
                        "' changes values and does not only move them",
                    "cipher");
    if (tables.moves.source.empty())
        return torch::arange(m_tables->shape.values(), torch::kInt64);
    return torch::from_blob(const_cast<std::int32_t*>(tables.moves.source.data()), {m_tables->shape.values()},
                            torch::kInt32)
        .to(torch::kInt64);
}

torch::Tensor encryptEach(const CipherSpec& spec, const SecretKey& key, const torch::Tensor& images,
                          const torch::Tensor& ids)
{
    if (images.dim() != 4 || images.scalar_type() != torch::kUInt8)
        throw Error("images to encrypt must be Byte [n, C, H, W]; these are " + shapeText(images), "cipher");
    if (ids.dim() != 1 || ids.scalar_type() != torch::kInt64 || ids.size(0) != images.size(0))
        throw Error("every image needs an id, Long [n]; these are " + shapeText(ids), "cipher");
    const torch::NoGradGuard off;
    const ImageShape shape{images.size(1), images.size(2), images.size(3)};
    if (images.size(0) > 0)
        checkShape(spec, shape);
    const torch::Tensor in = images.cpu().contiguous().view({images.size(0), shape.values()});
    const torch::Tensor names = ids.cpu().contiguous();
    const torch::Tensor out = emptyResult(in, spec.scheme, false);
    forEachPart(in.size(0), 1, shape.values(), true, [&](std::int64_t image, std::int64_t, std::int64_t) {
        const std::string suffix = ".img." + std::to_string(names.data_ptr<std::int64_t>()[image]);
        const CipherTables tables = cipherTables(spec, key, shape, suffix);
        runOnHost(tables, shape, in, out, false, image, 0, unitsOf(tables, shape));
    });
    return out.view(images.sizes()).to(images.device());
}

torch::Tensor padToBlocks(const torch::Tensor& images, int block)
{
    if (images.dim() != 4 || images.size(2) < 1 || images.size(3) < 1 || block < 1)
        throw Error("images to pad must be [n, C, H, W] with pixels, and a block at least 1", "cipher");
    torch::Tensor out = images;
    for (const int side : {2, 3}) {
        const std::int64_t size = images.size(side), missing = (block - size % block) % block;
        if (missing == 0)
            continue;
        auto more = out.sizes().vec();
        more[static_cast<std::size_t>(side)] = missing;
        out = torch::cat({out, out.narrow(side, size - 1, 1).expand(more)}, side);
    }
    return out;
}

} // namespace assay::encryption
