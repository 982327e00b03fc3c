#include "plugins/backdoor/robust_external.h"

#include "backend/data/arrays/file_hash.h"
#include "backend/data/images/image_file.h"
#include "backend/data/images/parallel_for.h"
#include "backend/imaging/image_codec.h"
#include "backend/models/torchscript/script_method.h"
#include "backend/protocol/error.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <span>

namespace assay::backdoor {

namespace {

class ScriptVariation final : public RobustVariation
{
public:
    ScriptVariation(const std::filesystem::path& file, std::uint64_t seed)
        : m_where(file.filename().string())
        , m_hash(data::hashFiles({file}))
        , m_method(models::loadScript(file), "forward", m_where)
        , m_seed(seed)
    {
        if (m_method.arguments().empty() ||
            m_method.arguments().front().type->kind() != c10::TypeKind::TensorType)
            throw Error("'forward' takes no images", m_where, kSignature);
        for (std::size_t i = 1; i < m_method.arguments().size(); ++i)
            check(m_method.arguments()[i]);
    }

    std::string title() const override { return "the script " + m_where; }
    bool graded() const override { return m_graded; }

    torch::Tensor vary(const torch::Tensor& x, double strength, const torch::Tensor&) const override
    {
        if (x.size(0) == 0)
            return x;
        std::vector<c10::IValue> given = {x};
        for (std::size_t i = 1; i < m_method.arguments().size(); ++i) {
            const models::ScriptArgument& argument = m_method.arguments()[i];
            if (argument.name == "strength")
                given.emplace_back(strength);
            else if (argument.name == "seed")
                given.emplace_back(static_cast<std::int64_t>(m_seed));
            else
                given.push_back(*argument.defaultValue);
        }
        const auto answer =
            m_method.call(std::move(given), x.device(), {.time = kLongest, .noun = "variation"});
        if (answer.size() != 1 || !answer.front().isTensor() ||
            answer.front().toTensor().scalar_type() != torch::kFloat32 ||
            answer.front().toTensor().sizes() != x.sizes())
            throw Error("'forward' must answer with float32 images of the size it is given", m_where,
                        kSignature);
        const torch::Tensor v = answer.front().toTensor();
        if (!v.isfinite().all().item<bool>())
            throw Error("'forward' gives values that are not finite", m_where);
        return v.clamp(0, 1);
    }

    Json key() const override { return {{"what", "script"}, {"file", m_hash}, {"seed", m_seed}}; }

private:
    static constexpr std::chrono::seconds kLongest{60};
    static constexpr const char* kSignature =
        "Write forward(self, images: Tensor, strength: float) -> Tensor, float32 in [0,1].";

    void check(const models::ScriptArgument& argument)
    {
        const auto needs = [&](c10::TypeKind kind, const char* word) {
            if (argument.type->kind() != kind)
                throw Error("'" + argument.name + "' of 'forward' must be of type " + word, m_where,
                            kSignature);
        };
        if (argument.name == "strength") {
            needs(c10::TypeKind::FloatType, "float");
            m_graded = true;
        } else if (argument.name == "seed") {
            needs(c10::TypeKind::IntType, "int");
        } else if (!argument.defaultValue || argument.defaultValue->isNone()) {
            throw Error("'forward' has an argument '" + argument.name + "' without a default", m_where,
                        kSignature);
        }
    }

    std::string m_where, m_hash;
    models::ScriptMethod m_method;
    std::uint64_t m_seed;
    bool m_graded = false;
};

/// "7" for "0007"; other names as they are.
std::string withoutZeros(const std::string& name)
{
    const bool number =
        !name.empty() && std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; });
    const std::size_t first = name.find_first_not_of('0');
    if (!number)
        return name;
    return first == std::string::npos ? "0" : name.substr(first);
}

class FolderVariation final : public RobustVariation
{
public:
    FolderVariation(const std::filesystem::path& folder, std::shared_ptr<const data::Dataset> set)
        : m_folder(folder)
        , m_root(folder)
        , m_set(std::move(set))
    {
        std::error_code code;
        std::vector<std::filesystem::path> files;
        for (std::filesystem::directory_iterator it(folder, code), end; !code && it != end;
             it.increment(code))
            if (data::namesAnImage(it->path()))
                files.push_back(it->path());
        if (code)
            throw Error("the folder cannot be read: " + code.message(), folder.string(),
                        "Choose the folder with the variations.");
        std::ranges::sort(files);
        for (const auto& file : files)
            m_files.emplace(withoutZeros(file.stem().string()), file.filename().string());
        m_hash = data::hashFiles(files);
    }

    std::string title() const override { return "pictures of the folder " + m_folder.filename().string(); }
    bool graded() const override { return false; }

    torch::Tensor vary(const torch::Tensor& x, double, const torch::Tensor& ids) const override
    {
        const std::vector<std::string> names = namesOf(ids);
        const torch::Tensor pixels = torch::empty(x.sizes(), torch::kUInt8);
        const imaging::DecodeOptions options{.channels = static_cast<int>(x.size(1))};
        data::parallelFor(x.size(0), [&](std::int64_t i) {
            const std::string& name = names[static_cast<std::size_t>(i)];
            const std::vector<std::uint8_t> bytes = m_root.read(name);
            imaging::decodeInto(bytes, options, imaging::Fit::Crop, pixels[i], name);
        });
        return pixels.to(x.device()).to(torch::kFloat32).div_(255.0);
    }

    Json key() const override { return {{"what", "folder"}, {"files", m_hash}}; }

private:
    /// The file of each image.
    std::vector<std::string> namesOf(const torch::Tensor& ids) const
    {
        const std::vector<std::string>& known = m_set->samples(data::Split::Train).names;
        std::vector<std::string> names;
        for (const std::int64_t id :
             std::span(ids.data_ptr<std::int64_t>(), static_cast<std::size_t>(ids.numel()))) {
            auto file = m_files.end();
            if (static_cast<std::size_t>(id) < known.size())
                file = m_files.find(
                    withoutZeros(std::filesystem::path(known[static_cast<std::size_t>(id)]).stem().string()));
            if (file == m_files.end())
                file = m_files.find(std::to_string(id));
            if (file == m_files.end())
                throw Error("there is no variation of training image " + std::to_string(id),
                            m_folder.string(),
                            "Put a picture " + std::to_string(id) + ".png there, for each image used.");
            names.push_back(file->second);
        }
        return names;
    }

    std::filesystem::path m_folder;
    data::ImageRoot m_root;
    std::shared_ptr<const data::Dataset> m_set;
    std::map<std::string, std::string> m_files; ///< by name without ending and leading zeros
    std::string m_hash;
};

} // namespace

std::unique_ptr<const RobustVariation> scriptVariation(const std::filesystem::path& file, std::uint64_t seed)
{
    return std::make_unique<ScriptVariation>(file, seed);
}

std::unique_ptr<const RobustVariation> folderVariation(const std::filesystem::path& folder,
                                                       std::shared_ptr<const data::Dataset> set)
{
    return std::make_unique<FolderVariation>(folder, std::move(set));
}

} // namespace assay::backdoor
