#include "backend/models/formats/model_format.h"

#include "backend/models/formats/predictions_format.h"
#include "backend/models/onnx/onnx_format.h"
#include "backend/models/state_dict/state_dict_format.h"
#include "backend/models/tfjs/tfjs_format.h"
#include "backend/models/torchscript/torchscript_format.h"
#include "backend/protocol/error.h"

#include <array>
#include <fstream>

namespace assay::models {

const std::vector<const ModelFormat*>& modelFormats()
{
    static const std::vector<const ModelFormat*> formats = {
        &kPredictions,       //
        &kTfjsFormat,        //
        &kOnnxFormat,        //
        &kTorchScriptFormat, //
        // Last: it also claims damaged files by their ending, so that its reader says what is wrong with
        // them.
        &kStateDictFormat, //
    };
    return formats;
}

const ModelFormat& modelFormat(const std::string& name)
{
    std::string known;
    for (const ModelFormat* format : modelFormats()) {
        if (format->name == name)
            return *format;
        known += (known.empty() ? "" : ", ") + std::string(format->name);
    }
    throw Error("there is no model format '" + name.substr(0, 80) + "'", {}, "Known formats: " + known + ".");
}

const ModelFormat* recogniseModel(const std::filesystem::path& file)
{
    std::array<std::uint8_t, 64 * 1024> head{};
    std::ifstream input(file, std::ios::binary);
    if (!input)
        throw Error("cannot be read", file.string(), "Check that the file exists and may be read.");
    input.read(reinterpret_cast<char*>(head.data()), static_cast<std::streamsize>(head.size()));
    const std::span<const std::uint8_t> seen(head.data(), static_cast<std::size_t>(input.gcount()));
    for (const ModelFormat* format : modelFormats()) {
        if (format->recognises(file, seen))
            return format;
    }
    return nullptr;
}

} // namespace assay::models
