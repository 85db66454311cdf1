"""Reference models that ship with the package: a name -> where its class is, and its usual input."""

EXAMPLES = {
    "grouped-attention": ("boardwork.examples.grouped_attention:GroupedAttention", "x:1,128,1024"),
    "lstm-classifier": ("boardwork.examples.lstm_classifier:LSTMClassifier", "tokens:1,128:int64"),
    "mlp": ("boardwork.examples.mlp:MLP", "features:1,784"),
    "nanogpt": ("boardwork.examples.nanogpt:NanoGPT", "tokens:1,128:int64"),
    "unet": ("boardwork.examples.unet:UNet", "image:1,3,256,256"),
    "vae": ("boardwork.examples.vae:VAE", "image:1,1,32,32"),
}
